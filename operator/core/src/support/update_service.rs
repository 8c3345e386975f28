//! What becomes of every input path of ECS UpdateService: the rows of CreateService that a service may change, and two of its own.
//!
//! Columns of its own rows: path, value, class, rule, handling, what becomes of it. Paths and values are those of botocore
//! 1.44.5.
//!
//! *Not here*: the words of any row that CreateService has too.

use std::sync::LazyLock;

use super::create_service::CREATE_SERVICE;
use super::row::*;

/// What only CreateService takes, with all members below
const CREATE_ONLY: &[&str] = &["clientToken", "launchType", "role", "schedulingStrategy", "serviceName", "tags[]"];

rows! { OWN = UpdateService;
    at "" {
        "service",            text().required(), Exact, "R-NAME",   Translated,                           "The service that changes; read as serviceName";
        "forceNewDeployment", flag(),            Exact, "R-SVCREV", reported("ForceNewDeployment", Info), "a boolean of a call is no state; give kubernetes.forceDeployment a new value instead";
    }
}

/// The rows of UpdateService
pub(super) static UPDATE_SERVICE: LazyLock<Vec<Row>> = LazyLock::new(|| {
    let created_with = |row: &&Row| CREATE_ONLY.contains(&row.path.split('.').next().unwrap_or_default());
    OWN.iter().chain(CREATE_SERVICE.iter().filter(|row| !created_with(row))).copied().collect()
});
