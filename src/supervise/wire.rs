//! What the console and its launcher say to each other: JSON behind its length, over a pair of sockets that only they hold,
//! with descriptors beside it where a process is to be started with them.

use rustix::net::{
    RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, SendAncillaryBuffer, SendAncillaryMessage, SendFlags,
    recvmsg, sendmsg,
};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use std::{
    fmt,
    io::{self, ErrorKind, IoSlice, IoSliceMut, Read as _, Write as _},
    mem::MaybeUninit,
    os::{
        fd::{BorrowedFd, OwnedFd},
        unix::net::UnixStream,
    },
    path::PathBuf,
};

/// What the console asks of its launcher. Each process that it starts has a number, which the console chooses.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(super) enum Order {
    /// Start a process that waits for what it is to do. Beside it come its standard input, output and error.
    Start { id: u64 },
    /// Send a signal to the process and all of its group.
    Send { id: u64, what: Send },
    /// Collect the exit status of a process that has ended. It gets no signal after that.
    Reap { id: u64 },
}

/// The signals that a group gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Send {
    Terminate,
    Continue,
    Kill,
}

/// What the launcher tells.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) enum Told {
    Started {
        id: u64,
        pid: u32,
    },
    NotStarted {
        id: u64,
        why: String,
    },
    /// The process has ended, and its exit status is still to be collected.
    Ended {
        id: u64,
    },
    /// As `wait(2)` gives it.
    Reaped {
        id: u64,
        status: i32,
    },
    NotReaped {
        id: u64,
        why: String,
    },
}

impl Told {
    pub(super) fn id(&self) -> u64 {
        match self {
            Self::Started { id, .. }
            | Self::NotStarted { id, .. }
            | Self::Ended { id }
            | Self::Reaped { id, .. }
            | Self::NotReaped { id, .. } => *id,
        }
    }
}

/// What a process that waits is to become. It goes from the console to that process and to no other.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Program {
    /// With every link resolved.
    pub(super) path: PathBuf,
    /// What it is called by: programs that are one file with many names (busybox) go by it.
    pub(super) name: String,
    pub(super) arguments: Vec<String>,
    pub(super) environment: Vec<(String, String)>,
    pub(super) directory: PathBuf,
}

/// Arguments and the environment may hold secrets.
impl fmt::Debug for Program {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Program").field("path", &self.path).finish_non_exhaustive()
    }
}

/// The number of descriptors that a message brings at most.
const DESCRIPTORS: usize = 3;
/// More than the system takes as arguments and environment of one program.
const LONGEST: u32 = 64 * 1024 * 1024;

/// Says `message`, and hands over `descriptors` with its first byte.
pub(super) fn say(mut socket: &UnixStream, message: &impl Serialize, descriptors: &[BorrowedFd<'_>]) -> io::Result<()> {
    let body = serde_json::to_vec(message)?;
    let length = u32::try_from(body.len()).ok().filter(|length| *length <= LONGEST).ok_or(ErrorKind::InvalidInput)?;
    let frame = [&length.to_be_bytes()[..], &body].concat();
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(DESCRIPTORS))];
    let mut beside = SendAncillaryBuffer::new(&mut space);
    if !descriptors.is_empty() && !beside.push(SendAncillaryMessage::ScmRights(descriptors)) {
        return Err(ErrorKind::InvalidInput.into());
    }
    let sent =
        rustix::io::retry_on_intr(|| sendmsg(socket, &[IoSlice::new(&frame)], &mut beside, SendFlags::NOSIGNAL))?;
    socket.write_all(frame.get(sent..).unwrap_or_default())
}

/// Waits for the next message, whose descriptors come into `descriptors`; `None` where the other end is closed.
pub(super) fn hear<M: DeserializeOwned>(
    mut socket: &UnixStream,
    descriptors: &mut Vec<OwnedFd>,
) -> io::Result<Option<M>> {
    let mut length = [0; 4];
    let mut heard = 0;
    while let Some(rest) = length.get_mut(heard..).filter(|rest| !rest.is_empty()) {
        let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(DESCRIPTORS))];
        let mut beside = RecvAncillaryBuffer::new(&mut space);
        let received = match recvmsg(socket, &mut [IoSliceMut::new(rest)], &mut beside, RecvFlags::CMSG_CLOEXEC) {
            Err(rustix::io::Errno::INTR) => continue,
            received => received?.bytes,
        };
        for message in beside.drain() {
            if let RecvAncillaryMessage::ScmRights(handed) = message {
                descriptors.extend(handed);
            }
        }
        match received {
            0 if heard == 0 => return Ok(None),
            0 => return Err(ErrorKind::UnexpectedEof.into()),
            more => heard += more,
        }
    }
    let length = Some(u32::from_be_bytes(length)).filter(|length| *length <= LONGEST).ok_or(ErrorKind::InvalidData)?;
    let mut body = vec![0; usize::try_from(length).unwrap_or_default()];
    socket.read_exact(&mut body)?;
    Ok(Some(serde_json::from_slice(&body)?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{fs::File, os::fd::AsFd as _, thread};

    #[test]
    fn messages_come_one_by_one_with_their_descriptors() {
        let (here, there) = UnixStream::pair().unwrap();
        let (mut read, write) = io::pipe().unwrap();
        say(&here, &Order::Reap { id: 7 }, &[]).unwrap();
        say(&here, &Order::Start { id: 8 }, &[write.as_fd()]).unwrap();
        drop((write, here));
        let mut descriptors = Vec::new();
        assert!(matches!(hear(&there, &mut descriptors).unwrap(), Some(Order::Reap { id: 7 })));
        assert!(descriptors.is_empty());
        assert!(matches!(hear(&there, &mut descriptors).unwrap(), Some(Order::Start { id: 8 })));
        File::from(descriptors.pop().unwrap()).write_all(b"through").unwrap();
        let mut text = String::new();
        read.read_to_string(&mut text).unwrap();
        assert_eq!(text, "through");
        assert!(hear::<Order>(&there, &mut descriptors).unwrap().is_none());
    }

    #[test]
    fn a_message_larger_than_the_buffer_of_the_socket_comes_whole_and_half_a_one_is_none() {
        let (here, there) = UnixStream::pair().unwrap();
        let long = "x".repeat(5_000_000);
        let saying = thread::spawn({
            let long = long.clone();
            move || {
                say(&here, &long, &[]).unwrap();
                (&here).write_all(&[0, 0, 0, 9, b'"']).unwrap();
            }
        });
        assert_eq!(hear::<String>(&there, &mut Vec::new()).unwrap().unwrap(), long);
        saying.join().unwrap();
        assert!(hear::<String>(&there, &mut Vec::new()).is_err());
    }
}
