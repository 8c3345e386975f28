//! An object on both sides: the merge, and what follows from it.
//!
//! *Guarantees*: while a write is not seen yet nothing else is decided about its object; a conflict that nobody decides stops
//! the whole object; the base moves only where both sides were seen to say the same.

use std::collections::BTreeMap;

use ecs_crds::status::Reason;
use ecs_crds::{AwsConflict, AwsStatus, ConflictPolicy, DeletionPolicy};
use serde_json::Value;

use super::compare::{Pair, agreed_digest};
use super::fields;
use super::look::Look;
use super::merge::Merged;
use super::numbers::{self, reference_field};
use super::plan::{Conflict, EcsAct, Kept, KubeAct, KubeStep, Standing, StatusStep, Winner};
use super::side::{Id, Kind, Local, Remote, Synced};

/// Fields of a service that AWS cannot change in place
const IMMUTABLE: &[&str] = &["/launchType", "/schedulingStrategy"];

impl Look<'_> {
    /// An object on both sides
    pub(super) fn pair(&mut self, id: &Id, local: &Local, remote: &Remote) {
        self.plan.present.insert(id.clone());
        // A person made the object again: what was buried is forgotten
        self.plan.ledger.tombstones.remove(id);
        let pair = Pair::of(id, local, remote, &self.numbers, self.policy);
        let attempt = local.aws.attempt.as_ref();
        if self.unsettled(local) && attempt.is_some_and(|attempt| attempt.digest != pair.ecs_digest()) {
            self.plan.waiting.insert(id.clone(), "a write has begun, and ECS does not show it yet".to_owned());
            return;
        }
        let mut merged = pair.merged();
        let mut aws = Self::observed(local, remote, &pair);
        let conflicts = self.decide_conflicts(id, &mut merged);
        if !conflicts.is_empty() {
            aws.conflicts = conflicts;
        }
        self.remember(id, local, remote, &merged, &aws);
        if !merged.conflicts.is_empty() {
            let fields: Vec<&str> = merged.conflicts.keys().map(String::as_str).collect();
            let message = format!("both sides changed {}; status.aws.conflicts has what each says", fields.join(", "));
            return self.status(id, local, aws, Standing::new(Some(false), Reason::Conflict, message));
        }
        if merged.agrees() && pair.unresolved.is_none() {
            self.plan.equal += 1;
            // What a policy decided stays to be read: it is the only place that has the loser's word
            if self.policy.conflicts == ConflictPolicy::Manual {
                aws.conflicts.clear();
            }
            let (reason, message) = match &pair.rolled_back {
                None => (Reason::Agreed, "both sides say the same".to_owned()),
                Some(back) => {
                    let words =
                        "ECS's circuit breaker took its deployment back; not tried again until the object changes";
                    (Reason::Agreed, format!("revision {} failed on ECS, {} runs: {words}", back.from, back.to))
                }
            };
            self.status(id, local, aws, Standing::new(Some(true), reason, message));
            return self.claim(id, local, remote);
        }
        self.carry_over(id, local, remote, &pair, merged, aws);
    }

    /// What the status says of the counterpart, whatever is due
    fn observed(local: &Local, remote: &Remote, pair: &Pair) -> AwsStatus {
        let next = pair.next_base();
        AwsStatus {
            arn: remote.arn.clone().or_else(|| local.aws.arn.clone()),
            aws_revision: remote.revision.or(local.aws.aws_revision),
            base: (pair.base.is_some() || pair.merged().agrees()).then_some(next),
            attempt: local.aws.attempt.clone(),
            missing_since: None,
            rolled_back: pair.rolled_back.clone(),
            conflicts: local.aws.conflicts.clone(),
        }
    }

    /// Conflicts that the policy decides become pushes or pulls; what each side said is kept either way
    fn decide_conflicts(&mut self, id: &Id, merged: &mut Merged) -> Vec<AwsConflict> {
        if merged.conflicts.is_empty() {
            return Vec::new();
        }
        let told = |(path, (kubernetes, ecs)): (&String, &(Option<Value>, Option<Value>))| AwsConflict {
            path: path.clone(),
            kubernetes: kubernetes.clone(),
            ecs: ecs.clone(),
        };
        let fields: Vec<AwsConflict> = merged.conflicts.iter().map(told).collect();
        let decided = std::mem::take(&mut merged.conflicts);
        let winner = match self.policy.conflicts {
            ConflictPolicy::Manual => {
                merged.conflicts = decided;
                None
            }
            ConflictPolicy::KubernetesWins => {
                merged.push.extend(decided.into_keys());
                Some(Winner::Kubernetes)
            }
            ConflictPolicy::EcsWins => {
                merged.pull.extend(decided.into_keys());
                Some(Winner::Ecs)
            }
        };
        self.plan.conflicts.push(Conflict { id: id.clone(), fields: fields.clone(), winner });
        fields
    }

    /// What the EcsCluster remembers: that both sides have it, and what they agreed on
    fn remember(&mut self, id: &Id, local: &Local, remote: &Remote, merged: &Merged, aws: &ecs_crds::AwsStatus) {
        if aws.base.is_none() {
            return;
        }
        let uid = local.object.uid.clone();
        let known = self.kube.synced.get(id).filter(|known| known.uid == uid).map(|known| known.digest.clone());
        let digest = if merged.agrees() { agreed_digest(id.kind, remote, &uid) } else { known.unwrap_or_default() };
        self.plan.ledger.synced.insert(id.clone(), Synced { uid, digest });
        if let (Some(aws), true) = (remote.revision, merged.agrees()) {
            self.number(id, aws, &remote.document);
        }
    }

    /// The newest revision of ECS gets its number noted beside the newest one here, as soon as that is stored
    fn number(&mut self, id: &Id, aws: i64, document: &Value) {
        let stored = self.numbers.newest_if(&id.name, &numbers::content(document));
        if let Some(number) = stored.filter(|number| self.numbers.local(&id.name, aws) != Some(*number)) {
            self.note(id, &id.name, number, aws);
        }
    }

    /// Tags an adopted object as ours where it may have to be deleted with its object here
    fn claim(&mut self, id: &Id, local: &Local, remote: &Remote) {
        let wanted = self.policy.deletions == DeletionPolicy::Delete && self.policy.writes_ecs();
        let Some(arn) = remote.arn.clone().filter(|_| wanted && remote.managed_by.is_none()) else { return };
        let owner = self.owner(local);
        let free = remote.owner.as_ref().is_none_or(|there| there.binding == owner.binding);
        if free && remote.owner.as_ref() != Some(&owner) && !remote.unread.contains("/tags") {
            let ground = format!("claim {arn} {}", owner.uid);
            let document = remote.document.clone();
            self.wish_ecs(id, EcsAct::Claim { document, arn, owner }, &ground, None);
        }
    }

    /// Pulls what ECS changed, pushes what was changed here
    fn carry_over(&mut self, id: &Id, local: &Local, remote: &Remote, pair: &Pair, mut merged: Merged, aws: AwsStatus) {
        self.keep_back(id, remote, &mut merged);
        let mut theirs = pair.theirs.clone();
        let unnamed = pair.unresolved.clone().or_else(|| self.name_here(id, &mut theirs, &mut merged));
        if let Some(why) = &unnamed {
            self.plan.waiting.insert(id.clone(), why.clone());
        }
        let pulls = !merged.pull.is_empty();
        let differ = "the sides differ; a write is due, or the mode does not allow it";
        let standing = Standing::new(Some(false), Reason::Syncing, unnamed.as_deref().unwrap_or(differ));
        if pulls {
            let attempt = self.attempt(id, local, aws.clone(), pair.ecs_digest(), standing.clone());
            self.pull(id, local, remote, &theirs, &merged, attempt);
        }
        // A family's next revision is made of the whole document: what ECS says comes in first
        let first = pulls && id.kind == Kind::TaskDefinition && self.policy.writes_kube();
        if merged.push.is_empty() || first || !self.policy.writes_ecs() || self.policy.paused {
            if !merged.push.is_empty() {
                let fields: Vec<&str> = merged.push.iter().map(String::as_str).collect();
                let kept = if self.policy.paused { Kept::Paused } else { Kept::Mode };
                if !first {
                    self.withhold(id, format!("change {} of {id} on ECS", fields.join(", ")), kept);
                }
            }
            // Where fields are pulled, the step has recorded the status already
            if !pulls || !self.policy.writes_kube() || self.policy.paused {
                self.status(id, local, aws, standing);
            }
            return;
        }
        self.push(id, local, remote, pair, merged, aws);
    }

    /// Pushes that are not to be made, and why
    fn keep_back(&mut self, id: &Id, remote: &Remote, merged: &mut Merged) {
        if merged.push.is_empty() {
            return;
        }
        let others = remote.owner.as_ref().is_some_and(|owner| owner.binding != self.policy.binding);
        let whole = match &remote.managed_by {
            Some(_) => Some(Kept::Managed),
            None if others => Some(Kept::NotOurs),
            None => None,
        };
        let immutable = |field: &String| id.kind == Kind::Service && IMMUTABLE.contains(&field.as_str());
        let kept: Vec<String> = merged.push.iter().filter(|f| whole.is_some() || immutable(f)).cloned().collect();
        merged.push.retain(|field| !kept.contains(field));
        if !kept.is_empty() {
            let what = format!("change {} of {id} on ECS", kept.join(", "));
            self.withhold(id, what, whole.unwrap_or(Kept::Immutable));
        }
    }

    /// What ECS runs, by its number here; where it has none yet, the other fields go on without it
    fn name_here(&mut self, id: &Id, theirs: &mut Value, merged: &mut Merged) -> Option<String> {
        let field = reference_field(id.kind).filter(|field| merged.pull.contains(*field))?;
        if !self.policy.writes_kube() {
            return None;
        }
        let why = self.in_our_words(id, theirs).err()?;
        merged.pull.remove(field);
        Some(why)
    }

    fn pull(&mut self, id: &Id, local: &Local, remote: &Remote, theirs: &Value, merged: &Merged, attempt: StatusStep) {
        // Only where the object becomes what ECS says: beside edits of ours it becomes something new
        let number = remote.revision.filter(|_| self.policy.writes_kube() && merged.push.is_empty());
        if let Some(aws) = number {
            self.newest(id, aws, theirs);
        }
        let theirs = fields::fields(id.kind, theirs);
        let mut pulled: BTreeMap<String, Option<Value>> =
            merged.pull.iter().map(|field| (field.clone(), theirs.get(field).cloned())).collect();
        if pulled.contains_key("/input") {
            pulled.insert("/task/overrides".to_owned(), None);
        }
        let mut spec = local.spec.clone();
        for (field, value) in &pulled {
            fields::set(id.kind, &mut spec, field, value.clone());
        }
        let act = KubeAct::Pull { object: local.object.clone(), fields: pulled, spec, number };
        self.plan.kube.push(KubeStep { id: id.clone(), act, attempt: Some(Box::new(attempt)) });
    }

    fn push(&mut self, id: &Id, local: &Local, remote: &Remote, pair: &Pair, merged: Merged, aws: AwsStatus) {
        let ours = fields::fields(id.kind, &pair.ours);
        let mut document = if id.kind == Kind::TaskDefinition { pair.ours.clone() } else { pair.theirs.clone() };
        for field in &merged.push {
            fields::set(id.kind, &mut document, field, ours.get(field).cloned());
        }
        let digest = pair.digest_of(id.kind, &document, &local.object.uid);
        let ground = format!("update {} {} {digest}", local.object.uid, pair.ecs_digest());
        let standing = Standing::new(Some(false), Reason::Syncing, "it is being changed on ECS");
        let attempt = self.attempt(id, local, aws, digest, standing);
        let before = remote.document.clone();
        let act =
            EcsAct::Update { before, document, fields: merged.push, owner: self.owner(local), arn: remote.arn.clone() };
        self.wish_ecs(id, act, &ground, Some(attempt));
    }
}
