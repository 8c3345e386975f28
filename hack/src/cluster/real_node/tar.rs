//! Writes tar archives (POSIX ustar): the same bytes for the same entries, whenever and by whomever.
//!
//! Only what images of the test bed need: files, folders and symbolic links of root, with names of at most 100 bytes.

use anyhow::{Result, ensure};

const BLOCK: usize = 512;

/// An archive that is being written.
#[derive(Default)]
pub(super) struct Archive(Vec<u8>);

/// What an entry is.
#[derive(Clone, Copy)]
pub(super) enum Entry<'a> {
    /// A file with this content
    File(&'a [u8]),
    /// A folder
    Folder,
    /// A symbolic link to this path
    Link(&'a str),
}

impl Archive {
    /// Adds an entry. `name` is relative to the root; `mode` holds the permission bits.
    pub(super) fn add(&mut self, name: &str, mode: u32, entry: Entry<'_>) -> Result<()> {
        let (kind, content, target) = match entry {
            Entry::File(content) => (b'0', content, ""),
            Entry::Folder => (b'5', &[][..], ""),
            Entry::Link(target) => (b'2', &[][..], target),
        };
        ensure!(name.len() <= 100 && target.len() <= 100, "`{name}` or its target is too long for this archive");
        let mut header = [0; BLOCK];
        let mut put = |at: usize, bytes: &[u8]| header[at..at + bytes.len()].copy_from_slice(bytes);
        put(0, name.as_bytes());
        put(100, format!("{mode:07o}").as_bytes());
        put(108, b"0000000"); // owner: root
        put(116, b"0000000"); // group: root
        put(124, format!("{:011o}", content.len()).as_bytes());
        put(136, b"00000000000"); // changed in 1970, so that the same content is the same archive
        put(148, b"        "); // the checksum counts itself as spaces
        put(156, &[kind]);
        put(157, target.as_bytes());
        put(257, b"ustar\x0000");
        let sum: u32 = header.iter().map(|byte| u32::from(*byte)).sum();
        header[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
        self.0.extend_from_slice(&header);
        self.0.extend_from_slice(content);
        self.0.resize(self.0.len().next_multiple_of(BLOCK), 0);
        Ok(())
    }

    /// The whole archive.
    pub(super) fn finish(mut self) -> Vec<u8> {
        self.0.resize(self.0.len() + 2 * BLOCK, 0);
        self.0
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::process::{Command, Stdio};

    use super::*;

    #[test]
    fn the_systems_tar_reads_what_is_written() -> Result<()> {
        let mut archive = Archive::default();
        archive.add("bin", 0o755, Entry::Folder)?;
        archive.add("bin/tool", 0o755, Entry::File(b"#!/bin/sh\n"))?;
        archive.add("bin/sh", 0o777, Entry::Link("tool"))?;
        let archive = archive.finish();
        assert_eq!(archive.len() % BLOCK, 0);

        let mut tar = Command::new("tar");
        tar.args(["--list", "--verbose", "--numeric-owner", "--file=-"]).env("TZ", "UTC");
        let mut child = tar.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        child.stdin.take().map(|mut stdin| stdin.write_all(&archive)).transpose()?;
        let output = child.wait_with_output()?;
        assert!(output.status.success());
        let listed = String::from_utf8(output.stdout)?;
        let words: Vec<Vec<&str>> = listed.lines().map(|line| line.split_whitespace().collect()).collect();
        let when = ["1970-01-01", "00:00"];
        let expected = [
            vec!["drwxr-xr-x", "0/0", "0", when[0], when[1], "bin"],
            vec!["-rwxr-xr-x", "0/0", "10", when[0], when[1], "bin/tool"],
            vec!["lrwxrwxrwx", "0/0", "0", when[0], when[1], "bin/sh", "->", "tool"],
        ];
        assert_eq!(words, expected);
        Ok(())
    }

    #[test]
    fn a_name_that_does_not_fit_is_refused() {
        assert!(Archive::default().add(&"a".repeat(101), 0o644, Entry::Folder).is_err());
    }
}
