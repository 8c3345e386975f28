//! Connections between the machine and a node that shares no network with it, through Unix sockets in the cluster's folder.
//!
//! ```text
//! kubelet ──> node's 127.0.0.1:PORT ──> api.sock ──> machine's 127.0.0.1:PORT (API server)
//! API server ── HTTP CONNECT ──> egress.sock ──> kubelet or pod, in the node
//! ```
//!
//! Threads end with their process; nothing is ever bound outside loopback and the node itself. Socket paths are relative to
//! the cluster's folder, the working directory of both sides: a socket's path has at most 107 bytes.

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, Shutdown, TcpListener, TcpStream};
use std::os::unix::net::{UnixListener, UnixStream};
use std::thread;

use anyhow::{Context, Result};

/// Where the machine's side listens for the node
pub(super) const API: &str = "node/api.sock";
/// Where the node's side listens for the API server
pub(super) const EGRESS: &str = "node/egress.sock";

/// On the machine: lets the node reach the API server.
pub(super) fn serve_api_server(port: u16) -> Result<()> {
    let listener = UnixListener::bind(API).with_context(|| format!("cannot listen on {API}"))?;
    thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            thread::spawn(move || join(stream, TcpStream::connect((Ipv4Addr::LOCALHOST, port))?));
        }
    });
    Ok(())
}

/// In the node: the API server at the same port as on the machine, and at the node's own address for its pods.
pub(super) fn reach_api_server(addresses: [Ipv4Addr; 2], port: u16) -> Result<()> {
    for address in addresses {
        let listener = TcpListener::bind((address, port)).with_context(|| format!("cannot listen on {address}"))?;
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                thread::spawn(move || join(stream, UnixStream::connect(API)?));
            }
        });
    }
    Ok(())
}

/// In the node: connects the API server with whom it asks for.
pub(super) fn serve_egress() -> Result<()> {
    let listener = UnixListener::bind(EGRESS).with_context(|| format!("cannot listen on {EGRESS}"))?;
    thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            thread::spawn(move || connect(stream));
        }
    });
    Ok(())
}

fn connect(mut from: UnixStream) -> io::Result<()> {
    let head = head(&mut from)?;
    let Some(target) = target(&head) else {
        return from.write_all(b"HTTP/1.1 405 Method Not Allowed\r\nContent-Length: 0\r\n\r\n");
    };
    match TcpStream::connect(target) {
        Ok(to) => {
            from.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n")?;
            join(from, to)
        }
        Err(_) => from.write_all(b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n"),
    }
}

/// The request up to its empty line, and not a byte more: what follows is for the other side.
fn head(from: &mut impl Read) -> io::Result<String> {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") && head.len() < 8192 {
        from.read_exact(&mut byte)?;
        head.push(byte[0]);
    }
    Ok(String::from_utf8_lossy(&head).into_owned())
}

fn target(head: &str) -> Option<&str> {
    head.lines().next()?.strip_prefix("CONNECT ")?.split(' ').next()
}

/// A connection whose two directions end one by one.
trait Stream: Read + Write + Send + Sized + 'static {
    fn again(&self) -> io::Result<Self>;
    fn end(&self, which: Shutdown) -> io::Result<()>;
}

impl Stream for TcpStream {
    fn again(&self) -> io::Result<Self> {
        self.try_clone()
    }
    fn end(&self, which: Shutdown) -> io::Result<()> {
        self.shutdown(which)
    }
}

impl Stream for UnixStream {
    fn again(&self) -> io::Result<Self> {
        self.try_clone()
    }
    fn end(&self, which: Shutdown) -> io::Result<()> {
        self.shutdown(which)
    }
}

/// Passes on what comes from either side until both have ended.
fn join(one: impl Stream, other: impl Stream) -> io::Result<()> {
    let (from, to) = (other.again()?, one.again()?);
    let back = thread::spawn(move || pass(from, to));
    pass(one, other);
    // It cannot have panicked, and there is nobody to tell.
    drop(back.join());
    Ok(())
}

fn pass(mut from: impl Stream, mut to: impl Stream) {
    // However it ends, the other side shall know.
    drop(io::copy(&mut from, &mut to));
    drop(to.end(Shutdown::Write));
    drop(from.end(Shutdown::Read));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_connect_request_is_read_to_its_empty_line_and_no_further() -> Result<()> {
        let sent = "CONNECT 10.200.0.2:10250 HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\nhello";
        let mut from = sent.as_bytes();
        let head = head(&mut from)?;
        assert_eq!(target(&head), Some("10.200.0.2:10250"));
        assert_eq!(from, b"hello");
        assert_eq!(target("GET / HTTP/1.1\r\n\r\n"), None);
        Ok(())
    }

    #[test]
    fn both_directions_pass_and_each_end_is_passed_on() -> Result<()> {
        let (mut client, near) = UnixStream::pair()?;
        let (far, mut server) = UnixStream::pair()?;
        let joined = thread::spawn(move || join(near, far));
        client.write_all(b"question")?;
        client.shutdown(Shutdown::Write)?;
        let mut text = String::new();
        server.read_to_string(&mut text)?;
        assert_eq!(text, "question");
        server.write_all(b"answer")?;
        drop(server);
        text.clear();
        client.read_to_string(&mut text)?;
        assert_eq!(text, "answer");
        assert!(joined.join().is_ok_and(|ended| ended.is_ok()));
        Ok(())
    }
}
