//! Memory that a burst has left with the allocator.
//!
//! glibc keeps what was freed below something that is still in use, in every thread's heap: after a morning's sign-ins that is more
//! than the console works with. `malloc_trim(3)` gives the free pages of all heaps back to the system. It takes about a
//! millisecond, so it is called a few times after work that needs much, and never otherwise.

use std::sync::atomic::{AtomicU8, Ordering};

/// How often memory is still to be given back. The answers to the last requests of a burst are freed a moment after it.
static DUE: AtomicU8 = AtomicU8::new(0);
const TIMES: u8 = 3;

/// Notes that much memory is being used for a moment.
pub(crate) fn note_burst() {
    DUE.store(TIMES, Ordering::Relaxed);
}

/// Gives free memory back after a burst. To be called every second or so.
pub(crate) fn give_back() {
    let left = DUE.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |due| due.checked_sub(1));
    if left.is_ok() {
        trim();
    }
}

#[cfg(all(target_os = "linux", target_env = "gnu"))]
#[expect(unsafe_code, reason = "glibc has it and Rust does not; it takes a number and returns one")]
fn trim() {
    unsafe extern "C" {
        safe fn malloc_trim(pad: usize) -> std::ffi::c_int;
    }
    malloc_trim(0);
}

/// Other allocators give memory back by themselves.
#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
fn trim() {}
