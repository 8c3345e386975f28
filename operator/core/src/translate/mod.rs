//! `translate`: model → Kubernetes objects. One file per subject; no judgement of input, no IO.
