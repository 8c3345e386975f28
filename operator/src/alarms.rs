//! What alarms say: the answers of a Prometheus server, each asked for once a period however many services want it.

use std::collections::HashMap;
use std::sync::Mutex;
use std::time::Duration;

use ecs_core::config;
use ecs_core::deploy::{AlarmState, Alarms};
use ecs_kube::{NoAnswer, Prometheus};
use tokio::time::Instant;

/// Who is asked about alarms
pub(crate) struct Asked {
    prometheus: Option<Prometheus>,
    period: Duration,
    /// By query, when it was asked and what the answer was
    answers: Mutex<HashMap<String, (Instant, Option<AlarmState>)>>,
}

impl Asked {
    /// As the administrator says
    pub(crate) fn new(config: &config::Alarms) -> Result<Self, NoAnswer> {
        let prometheus = config.prometheus.as_ref().map(|server| Prometheus::at(&server.url)).transpose()?;
        let period = Duration::from_secs(config.period_seconds.max(1).into());
        Ok(Self { prometheus, period, answers: Mutex::default() })
    }

    /// How often is asked
    pub(crate) fn period(&self) -> Duration {
        self.period
    }

    /// What these alarms say, given as pairs of name and query; one without an answer is missing
    pub(crate) async fn ask<'a>(&self, alarms: impl Iterator<Item = (&'a String, &'a String)>) -> Alarms {
        let mut said = Alarms::new();
        for (name, query) in alarms {
            if let Some(state) = self.state(name, query).await {
                said.insert(name.clone(), state);
            }
        }
        said
    }

    async fn state(&self, name: &str, query: &str) -> Option<AlarmState> {
        let recent = self.lock().get(query).filter(|(at, _)| at.elapsed() < self.period).copied();
        if let Some((_, state)) = recent {
            return state;
        }
        let state = match self.prometheus.as_ref()?.has_result(query).await {
            Ok(true) => Some(AlarmState::Alarm),
            Ok(false) => Some(AlarmState::Ok),
            Err(error) => {
                tracing::warn!(alarm = name, %error, "an alarm could not be asked about; until it can, it stops no deployment");
                None
            }
        };
        let mut answers = self.lock();
        answers.retain(|_, (at, _)| at.elapsed() < self.period);
        answers.insert(query.to_owned(), (Instant::now(), state));
        state
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<String, (Instant, Option<AlarmState>)>> {
        self.answers.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}
