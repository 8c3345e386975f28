//! The way to AWS: settings as every AWS program takes them (environment, profile, web identity, Pod Identity, instance role),
//! a role to assume beside them, and one TLS stack, the one that the API server is spoken to with.
//!
//! *Guarantees*: every binding has credentials of its own, and nothing that was got for one serves another. An endpoint comes
//! from whoever runs the process, never from an object.

use std::fmt;
use std::time::Duration;

use aws_config::retry::RetryConfig;
use aws_config::sts::AssumeRoleProvider;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_ecs::config::{Credentials, SharedCredentialsProvider};
use aws_smithy_http_client::tls::Provider;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;

use crate::operations::Clients;

/// How long a connection may take
const CONNECT: Duration = Duration::from_secs(3);
/// How long one call may take
const DEADLINE: Duration = Duration::from_secs(10);

/// Whose calls these are
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Settings {
    /// The region; none: that of the environment or profile
    pub region: Option<String>,
    /// An endpoint for every API instead of AWS's own
    pub endpoint: Option<String>,
    /// A profile of the shared configuration
    pub profile: Option<String>,
    /// An access key, where none is to be sought: for emulators of AWS
    pub key: Option<AccessKey>,
    /// A role to assume with the identity that these settings have
    pub role: Option<Role>,
}

/// An access key
#[derive(Clone, PartialEq, Eq)]
pub struct AccessKey {
    /// Its ID, which requests show
    pub id: String,
    /// The secret, which never leaves this process
    pub secret: String,
}

impl fmt::Debug for AccessKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AccessKey").field("id", &self.id).finish_non_exhaustive()
    }
}

/// A role to assume
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Role {
    /// Its Amazon Resource Name
    pub arn: String,
    /// The external ID that its trust policy asks for
    pub external_id: Option<String>,
    /// The name of the session, as CloudTrail shows it
    pub session: String,
    /// Session tags, which policies and CloudTrail see
    pub tags: Vec<(String, String)>,
}

/// Why there is no way to AWS
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// Nothing says which region
    #[error("no region is set; say --region, AWS_REGION or a region of the profile")]
    NoRegion,
}

impl Settings {
    /// Clients with these settings. Nothing is asked of AWS yet
    ///
    /// # Errors
    ///
    /// Where no region is set.
    pub(crate) async fn clients(&self) -> Result<(Clients, String), ConnectError> {
        let config = self.load().await;
        let region = config.region().ok_or(ConnectError::NoRegion)?.to_string();
        let config = match &self.role {
            None => config,
            Some(role) => assumed(&config, role).await,
        };
        let clients = Clients {
            ecs: aws_sdk_ecs::Client::new(&config),
            scheduler: aws_sdk_scheduler::Client::new(&config),
            events: aws_sdk_eventbridge::Client::new(&config),
            scaling: aws_sdk_applicationautoscaling::Client::new(&config),
        };
        Ok((clients, region))
    }

    async fn load(&self) -> SdkConfig {
        let http =
            aws_smithy_http_client::Builder::new().tls_provider(Provider::Rustls(CryptoMode::Ring)).build_https();
        let timeouts = TimeoutConfig::builder().connect_timeout(CONNECT).operation_attempt_timeout(DEADLINE).build();
        let mut loader = aws_config::defaults(BehaviorVersion::latest())
            .http_client(http)
            .retry_config(RetryConfig::disabled())
            .timeout_config(timeouts);
        if let Some(region) = &self.region {
            loader = loader.region(Region::new(region.clone()));
        }
        if let Some(endpoint) = &self.endpoint {
            loader = loader.endpoint_url(endpoint);
        }
        if let Some(profile) = &self.profile {
            loader = loader.profile_name(profile);
        }
        if let Some(AccessKey { id, secret }) = &self.key {
            loader = loader.credentials_provider(Credentials::new(id, secret, None, None, "given"));
        }
        loader.load().await
    }
}

/// The same settings in a role
async fn assumed(config: &SdkConfig, role: &Role) -> SdkConfig {
    let mut builder = AssumeRoleProvider::builder(&role.arn)
        .session_name(&role.session)
        .tags(role.tags.iter().cloned())
        .configure(config);
    if let Some(id) = &role.external_id {
        builder = builder.external_id(id);
    }
    let credentials = SharedCredentialsProvider::new(builder.build().await);
    config.clone().into_builder().credentials_provider(credentials).build()
}
