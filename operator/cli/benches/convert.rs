//! `render` in a loop: `cargo bench -p kubectl-ecs --bench convert -- SECONDS FILE…` reads, checks, translates and writes the
//! documents as YAML over and over, each by itself, and prints how many; `cargo xtask bench convert` compares.
//!
//! *Not here*: the other converters, and what is made of the figures.

#![expect(clippy::unwrap_used, reason = "a benchmark that cannot read its documents has failed")]

use std::fs;
use std::hint::black_box;
use std::time::{Duration, Instant};

use ecs_core::render::{Options, render};
use ecs_core::wire;

/// From a file's path to the text of its objects, as the program does it
fn convert(file: &str, options: &Options) {
    let text = fs::read_to_string(file).unwrap();
    let rendered = render(wire::read(&text).unwrap(), options);
    let mut yaml = Vec::new();
    for object in &rendered.objects {
        kubectl_ecs::yaml::document(object, &mut yaml).unwrap();
    }
    black_box((yaml, rendered.findings));
}

fn main() {
    // cargo adds `--bench`
    let mut words = std::env::args().skip(1).filter(|word| word != "--bench");
    let Some(bound) = words.next().and_then(|word| word.parse().ok()).map(Duration::from_secs_f64) else {
        println!("usage: convert SECONDS FILE...");
        return;
    };
    let files: Vec<String> = words.collect();
    let options = Options::default();
    files.iter().for_each(|file| convert(file, &options));
    let (started, mut documents) = (Instant::now(), 0);
    while started.elapsed() < bound {
        files.iter().for_each(|file| convert(file, &options));
        documents += files.len();
    }
    println!("{{\"documents\": {documents}, \"seconds\": {}}}", started.elapsed().as_secs_f64());
}
