//! Keys, tokens and kubeconfigs of one cluster; all random, all gone with its directory.
//!
//! The serving certificate is the API server's own: it signs it with a throw-away CA and writes both to
//! pki/apiserver.crt, which therefore also serves as the clients' certificate authority.

use std::fs;
use std::io::Read;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use anyhow::{Context, Result};
use p256::SecretKey;
use p256::pkcs8::{EncodePrivateKey, EncodePublicKey, LineEnding};
use serde_json::json;

use super::instance::Instance;

/// Who may call: name and groups. The first is the admin; the last two have no rights until a test grants some.
const USERS: [(&str, &str); 8] = [
    ("admin", "system:masters"),
    // The parts have names of their own, so that the audit log tells them apart. Being masters, they need not wait
    // for the API server's default roles.
    ("system:kube-controller-manager", "system:masters"),
    ("system:kube-scheduler", "system:masters"),
    ("kwok", "system:masters"),
    ("kubelet", "system:masters"),
    ("kube-proxy", "system:masters"),
    ("alice", ""),
    ("ops", "ops"),
];

/// The users' tokens.
pub(super) struct Tokens(Vec<(&'static str, String)>);

/// Writes the service accounts' key pair and the tokens, before the API server starts.
pub(super) fn write(instance: &Instance) -> Result<Tokens> {
    let key = signing_key()?;
    let private = key.to_pkcs8_pem(LineEnding::LF).context("cannot encode the service accounts' key")?;
    let public = key.public_key().to_public_key_pem(LineEnding::LF).context("cannot encode the public key")?;
    write_secret(&instance.path("pki/sa.key"), private.as_bytes())?;
    write_secret(&instance.path("pki/sa.pub"), public.as_bytes())?;
    let mut tokens = Vec::new();
    let mut table = String::new();
    for (user, groups) in USERS {
        let token: String = random::<16>()?.iter().map(|byte| format!("{byte:02x}")).collect();
        table += &format!("{token},{user},{user},\"{groups}\"\n");
        tokens.push((user, token));
    }
    write_secret(&instance.path("pki/tokens.csv"), table.as_bytes())?;
    Ok(Tokens(tokens))
}

impl Tokens {
    /// Writes the admin's kubeconfig (with a context for each user) and one for each part, once the certificate exists.
    pub(super) fn write_kubeconfigs(&self, instance: &Instance, port: u16) -> Result<()> {
        let authority = fs::read(instance.path("pki/apiserver.crt")).context("the API server wrote no certificate")?;
        for (user, file) in [
            ("admin", "kubeconfig"),
            ("system:kube-controller-manager", "pki/kube-controller-manager.kubeconfig"),
            ("system:kube-scheduler", "pki/kube-scheduler.kubeconfig"),
            ("kwok", "pki/kwok.kubeconfig"),
            ("kubelet", "pki/kubelet.kubeconfig"),
            ("kube-proxy", "pki/kube-proxy.kubeconfig"),
        ] {
            let config = self.kubeconfig(&format!("ecs-{}", instance.name), user, port, &base64(&authority));
            write_secret(&instance.path(file), &serde_json::to_vec_pretty(&config)?)?;
        }
        Ok(())
    }

    /// JSON is YAML, so every client reads it.
    fn kubeconfig(&self, cluster: &str, user: &str, port: u16, authority: &str) -> serde_json::Value {
        let users: Vec<_> =
            self.0.iter().map(|(name, token)| json!({"name": name, "user": {"token": token}})).collect();
        let contexts: Vec<_> = self
            .0
            .iter()
            .map(|(name, _)| json!({"name": name, "context": {"cluster": cluster, "user": name}}))
            .collect();
        let server = format!("https://127.0.0.1:{port}");
        json!({
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": cluster, "cluster": {"server": server, "certificate-authority-data": authority}}],
            "users": users,
            "contexts": contexts,
            "current-context": user,
        })
    }
}

fn signing_key() -> Result<SecretKey> {
    loop {
        // One draw in 2^32 is no valid key; then the next one is.
        if let Ok(key) = SecretKey::from_slice(&random::<32>()?) {
            return Ok(key);
        }
    }
}

fn random<const N: usize>() -> Result<[u8; N]> {
    let mut bytes = [0; N];
    fs::File::open("/dev/urandom")
        .and_then(|mut file| file.read_exact(&mut bytes))
        .context("cannot read /dev/urandom")?;
    Ok(bytes)
}

fn write_secret(path: &Path, content: &[u8]) -> Result<()> {
    use std::io::Write;
    let mut options = fs::OpenOptions::new();
    let file = options.write(true).create(true).truncate(true).mode(0o600).open(path);
    file.and_then(|mut file| file.write_all(content)).with_context(|| format!("cannot write {}", path.display()))
}

fn base64(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let bits = chunk.iter().fold(0_u32, |bits, byte| bits << 8 | u32::from(*byte)) << (8 * (3 - chunk.len()));
        for place in 0..4_usize {
            let index = (bits >> (18 - 6 * place)) & 63;
            text.push(if place <= chunk.len() { char::from(ALPHABET[index as usize]) } else { '=' });
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_matches_the_examples_of_rfc_4648() {
        let cases =
            [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("foobar", "Zm9vYmFy")];
        for (plain, encoded) in cases {
            assert_eq!(base64(plain.as_bytes()), encoded);
        }
    }

    #[test]
    fn a_kubeconfig_points_at_loopback_and_names_every_user() {
        let tokens = Tokens(vec![("admin", "t1".into()), ("alice", "t2".into())]);
        let config = tokens.kubeconfig("ecs-dev", "alice", 6443, "Q0E=");
        assert_eq!(config["clusters"][0]["cluster"]["server"], "https://127.0.0.1:6443");
        assert_eq!(config["current-context"], "alice");
        assert_eq!(config["contexts"].as_array().map(Vec::len), Some(2));
        assert_eq!(config["users"][1]["user"]["token"], "t2");
    }
}
