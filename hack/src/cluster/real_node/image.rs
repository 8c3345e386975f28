//! The images of the real node, made by hand: one OCI archive for `ctr images import`, no registry, no builder.
//!
//! All of them are one layer with a static busybox; they differ in what they run when nobody says a command.

use std::fmt::Write as _;

use anyhow::Result;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::tar::{Archive, Entry};

/// What holds the namespaces of a pod: it ends when asked, and reaps what others leave to it.
pub(super) const PAUSE: &str = "localhost/pause:1";

const PAUSES: &str = "trap 'exit 0' TERM INT; while :; do sleep 3600 & wait; done";

/// Every image and the shell script that it runs by itself; none for a shell without one.
const IMAGES: [(&str, Option<&str>); 6] = [
    ("localhost/busybox:1", None),
    (PAUSE, Some(PAUSES)),
    // Like services: the first ends at SIGTERM with exit code 0, the second is deaf to it.
    ("localhost/serve:1", Some(PAUSES)),
    ("localhost/deaf:1", Some("trap '' TERM; while :; do sleep 3600 & wait; done")),
    // Like services that fail, and like a job that is well done.
    ("localhost/crash:1", Some("echo crashing >&2; exit 3")),
    ("localhost/done:1", Some("exit 0")),
];

/// The archive with all images, from a static busybox and the names of its applets.
pub(super) fn archive(busybox: &[u8], applets: &str) -> Result<Vec<u8>> {
    let layer = layer(busybox, applets)?;
    let mut blobs = Blobs(Vec::new());
    let layer_entry = blobs.add(layer, "application/vnd.oci.image.layer.v1.tar");
    let mut manifests = Vec::new();
    for (name, script) in IMAGES {
        let runs = match script {
            Some(script) => json!({"Entrypoint": ["/bin/sh", "-c", script]}),
            None => json!({"Cmd": ["/bin/sh"]}),
        };
        // The layer is not compressed: its digest is that of its content too.
        let config = json!({
            "architecture": architecture(), "os": "linux",
            "config": {"Env": ["PATH=/bin"], "WorkingDir": "/", "Entrypoint": runs["Entrypoint"], "Cmd": runs["Cmd"]},
            "rootfs": {"type": "layers", "diff_ids": [layer_entry["digest"]]},
        });
        let config = blobs.add(serde_json::to_vec(&config)?, "application/vnd.oci.image.config.v1+json");
        let kind = "application/vnd.oci.image.manifest.v1+json";
        let manifest = json!({"schemaVersion": 2, "mediaType": kind, "config": config, "layers": [layer_entry]});
        let mut manifest = blobs.add(serde_json::to_vec(&manifest)?, kind);
        manifest["annotations"] = json!({"io.containerd.image.name": name});
        manifest["platform"] = json!({"architecture": architecture(), "os": "linux"});
        manifests.push(manifest);
    }
    let kind = "application/vnd.oci.image.index.v1+json";
    let index = json!({"schemaVersion": 2, "mediaType": kind, "manifests": manifests});
    let mut archive = Archive::default();
    archive.add("oci-layout", 0o644, Entry::File(br#"{"imageLayoutVersion":"1.0.0"}"#))?;
    archive.add("index.json", 0o644, Entry::File(&serde_json::to_vec(&index)?))?;
    for (digest, blob) in &blobs.0 {
        archive.add(&format!("blobs/sha256/{digest}"), 0o644, Entry::File(blob))?;
    }
    Ok(archive.finish())
}

fn layer(busybox: &[u8], applets: &str) -> Result<Vec<u8>> {
    let mut layer = Archive::default();
    for (folder, mode) in [("bin", 0o755), ("etc", 0o755), ("root", 0o700), ("tmp", 0o1777)] {
        layer.add(folder, mode, Entry::Folder)?;
    }
    layer.add("bin/busybox", 0o755, Entry::File(busybox))?;
    for applet in applets.split_whitespace().filter(|applet| *applet != "busybox") {
        layer.add(&format!("bin/{applet}"), 0o777, Entry::Link("busybox"))?;
    }
    let passwd = b"root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/sh\n";
    layer.add("etc/passwd", 0o644, Entry::File(passwd))?;
    layer.add("etc/group", 0o644, Entry::File(b"root:x:0:\nnogroup:x:65534:\n"))?;
    Ok(layer.finish())
}

/// Contents by their SHA-256.
struct Blobs(Vec<(String, Vec<u8>)>);

impl Blobs {
    /// Adds one and gives its descriptor.
    fn add(&mut self, content: Vec<u8>, kind: &str) -> Value {
        let mut digest = String::new();
        for byte in Sha256::digest(&content) {
            // Writing to a string cannot fail.
            let _ = write!(digest, "{byte:02x}");
        }
        let descriptor = json!({"mediaType": kind, "digest": format!("sha256:{digest}"), "size": content.len()});
        if self.0.iter().all(|(known, _)| *known != digest) {
            self.0.push((digest, content));
        }
        descriptor
    }
}

/// This machine's, as images call it.
fn architecture() -> &'static str {
    match std::env::consts::ARCH {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_archive_is_the_same_each_time_and_names_every_image() -> Result<()> {
        let once = archive(b"ELF", "sh\nsleep\n")?;
        assert_eq!(once, archive(b"ELF", "sh\nsleep\n")?);
        let text = String::from_utf8_lossy(&once);
        for (name, _) in IMAGES {
            assert!(text.contains(&format!("\"io.containerd.image.name\":\"{name}\"")), "{name}");
        }
        Ok(())
    }

    #[test]
    fn a_content_is_stored_once_under_its_sha_256() {
        let mut blobs = Blobs(Vec::new());
        let first = blobs.add(b"abc".to_vec(), "text/plain");
        // The example of FIPS 180-4.
        let digest = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(first, json!({"mediaType": "text/plain", "digest": format!("sha256:{digest}"), "size": 3}));
        blobs.add(b"abc".to_vec(), "text/plain");
        assert_eq!(blobs.0.len(), 1);
    }
}
