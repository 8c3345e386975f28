// The add-ons whose custom resource definitions the stories install; `cargo xtask crds` takes them from the modules.
module ecs-operator.dev/testbed/crds

go 1.26.0

require (
	github.com/external-secrets/external-secrets v1.3.2
	github.com/kubernetes-csi/external-snapshotter/client/v8 v8.7.0
	sigs.k8s.io/gateway-api v1.6.3
	sigs.k8s.io/secrets-store-csi-driver v1.4.8
)
