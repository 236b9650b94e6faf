// SPDX-License-Identifier: GPL-2.0

//! The actors: tasks that do what the walker asks for, which is a system call at a time.
//!
//! They share a piece of memory with it, at the same address in each. An actor has a slot there: in
//! it are the call, its result, and room for what the call points to. It sleeps on a word of the
//! slot. It allocates nothing and calls nothing of the C library, so that any of them can be forked
//! at any time.

use crate::op::Task;
use std::{
    arch::global_asm,
    ptr,
    sync::atomic::{AtomicI64, AtomicU32, AtomicU64, Ordering},
    time::{Duration, Instant},
};
use syscalls::{Errno, Sysno, raw_syscall};

/// How many there can be in a sequence.
pub const SLOTS: Task = 60;

/// The memory, as a file, is this descriptor in all: for who executes the program again.
pub const MEMORY_FD: i32 = 900;

/// Where the memory is.
const MEMORY: usize = 0x2000_0000_0000;
const SLOT_SIZE: usize = 32 * 1024;
/// What is there for a call to point to.
pub const ROOM: usize = SLOT_SIZE - 4096;
const MEMORY_SIZE: usize = SLOT_SIZE * SLOTS as usize;

/// The stack of a thread.
const STACK_SIZE: usize = 64 * 1024;

/// What an actor is at.
mod state {
    /// It waits for a call.
    pub const READY: u32 = 0;
    /// It has one to do.
    pub const CALLED: u32 = 1;
    /// It is awaited for the first time.
    pub const UNBORN: u32 = 2;
}

#[repr(C)]
struct Slot {
    state: AtomicU32,
    number: AtomicU64,
    args: [AtomicU64; 6],
    /// Of a call that makes an actor: its slot.
    child: AtomicU64,
    result: AtomicI64,
}

fn slot(task: Task) -> &'static Slot {
    assert!(task < SLOTS);
    // SAFETY: The memory is mapped for good by map(), and all zeros are a slot.
    unsafe { &*((MEMORY + usize::from(task) * SLOT_SIZE) as *const Slot) }
}

/// Where a slot's room for data is.
pub fn room(task: Task) -> usize {
    MEMORY + usize::from(task) * SLOT_SIZE + 4096
}

/// Write to the room of a slot.
pub fn put(task: Task, at: usize, data: &[u8]) -> usize {
    assert!(at + data.len() <= ROOM);
    let place = (room(task) + at) as *mut u8;
    // SAFETY: It is within the room, which only the actor uses, and that is waiting.
    unsafe { ptr::copy_nonoverlapping(data.as_ptr(), place, data.len()) };
    place as usize
}

/// Read from the room of a slot.
pub fn get(task: Task, at: usize, len: usize) -> Vec<u8> {
    assert!(at + len <= ROOM);
    let mut data = vec![0; len];
    // SAFETY: As in put().
    unsafe { ptr::copy_nonoverlapping((room(task) + at) as *const u8, data.as_mut_ptr(), len) };
    data
}

/// Read an integer from there.
pub fn get_i32(task: Task, at: usize) -> i32 {
    i32::from_ne_bytes(get(task, at, 4).try_into().unwrap_or_default())
}

fn map() -> Result<(), std::io::Error> {
    // SAFETY: Nothing else is at that address: it is far from all that the kernel chooses.
    let memory = unsafe {
        libc::mmap(
            MEMORY as *mut _,
            MEMORY_SIZE,
            libc::PROT_READ | libc::PROT_WRITE,
            libc::MAP_SHARED | libc::MAP_FIXED_NOREPLACE,
            MEMORY_FD,
            0,
        )
    };
    if memory as usize == MEMORY { Ok(()) } else { Err(std::io::Error::last_os_error()) }
}

/// Make the memory. Once, in the walker.
pub fn create() -> Result<(), std::io::Error> {
    // SAFETY: These are calls with a string and numbers.
    unsafe {
        let file = libc::memfd_create(c"walk".as_ptr(), 0);

        if file < 0
            || libc::ftruncate(file, MEMORY_SIZE as i64) != 0
            || libc::dup2(file, MEMORY_FD) < 0
        {
            return Err(std::io::Error::last_os_error());
        }
        libc::close(file);
    }
    map()
}

/// Go on as an actor, in a program that was executed by one.
pub fn resume(task: Task) -> ! {
    map().expect("the walker's memory");
    // SAFETY: There is one thread, and the memory is there.
    unsafe { act(u64::from(task)) }
}

fn futex(word: &AtomicU32, op: i32, value: u32, timeout: *const libc::timespec) -> i64 {
    // SAFETY: A futex of a word that stays, and a timeout that is null or the caller's.
    unsafe {
        raw_syscall!(
            Sysno::futex,
            word.as_ptr() as usize,
            op as usize,
            value as usize,
            timeout as usize,
            0usize,
            0usize
        ) as i64
    }
}

fn answer(slot: &Slot, result: i64) {
    slot.result.store(result, Ordering::Relaxed);
    slot.state.store(state::READY, Ordering::Release);
    futex(&slot.state, libc::FUTEX_WAKE, 1, ptr::null());
}

/// The life of an actor.
///
/// # Safety
///
/// The memory is mapped, and no other task has this slot.
unsafe extern "C" fn act(task: u64) -> ! {
    let mine = slot(task as Task);
    let word = |at: usize| mine.args[at].load(Ordering::Relaxed) as usize;

    answer(mine, 0);
    loop {
        while mine.state.load(Ordering::Acquire) != state::CALLED {
            futex(&mine.state, libc::FUTEX_WAIT, state::READY, ptr::null());
        }
        let number = mine.number.load(Ordering::Relaxed);
        let child = mine.child.load(Ordering::Relaxed);
        let result = if child == u64::MAX {
            // SAFETY: What the call points to is in the slot, or nothing of ours.
            unsafe {
                raw_syscall!(
                    Sysno::from(number as u32),
                    word(0),
                    word(1),
                    word(2),
                    word(3),
                    word(4),
                    word(5)
                ) as i64
            }
        } else {
            // SAFETY: The child has a stack, which is a copy of this one or its own.
            unsafe { call_clone(number, word(0), word(1), child) }
        };
        answer(mine, result);
    }
}

unsafe extern "C" {
    /// Call clone() or clone3(). The child goes on as the actor of a slot, in a new frame.
    ///
    /// # Safety
    ///
    /// A child in the same memory has a stack of its own.
    fn call_clone(number: u64, arg0: usize, arg1: usize, child: u64) -> i64;
}

// The registers of the child are those of the parent, but for its stack.
global_asm!(
    ".pushsection .text.call_clone, \"ax\"",
    ".global call_clone",
    "call_clone:",
    "mov rax, rdi",
    "mov rdi, rsi",
    "mov rsi, rdx",
    "mov r9, rcx",
    "xor edx, edx",
    "xor r10d, r10d",
    "xor r8d, r8d",
    "syscall",
    "test rax, rax",
    "jz 2f",
    "ret",
    "2:",
    "xor ebp, ebp",
    "mov rdi, r9",
    "and rsp, -16",
    "call {act}",
    "ud2",
    ".popsection",
    act = sym act,
);

/// Why there is no result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Silence {
    /// It has not answered in time.
    Late,
}

fn start(task: Task, number: Sysno, args: [usize; 6], child: u64) {
    let slot = slot(task);

    slot.number.store(number as u64, Ordering::Relaxed);
    for (to, from) in slot.args.iter().zip(args) {
        to.store(from as u64, Ordering::Relaxed);
    }
    slot.child.store(child, Ordering::Relaxed);
    slot.state.store(state::CALLED, Ordering::Release);
    futex(&slot.state, libc::FUTEX_WAKE, 1, ptr::null());
}

/// Sleep until an actor is ready.
fn await_ready(task: Task, patience: Duration) -> Result<i64, Silence> {
    let slot = slot(task);
    let end = Instant::now() + patience;

    loop {
        let now = slot.state.load(Ordering::Acquire);
        if now == state::READY {
            return Ok(slot.result.load(Ordering::Relaxed));
        }
        let left = end.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(Silence::Late);
        }
        let timeout = libc::timespec {
            tv_sec: left.as_secs() as i64,
            tv_nsec: i64::from(left.subsec_nanos()),
        };
        futex(&slot.state, libc::FUTEX_WAIT, now, &timeout);
    }
}

/// Have an actor call the kernel, and do not wait for what comes of it.
pub fn tell(task: Task, number: Sysno, args: [usize; 6]) {
    start(task, number, args, u64::MAX);
}

/// What came of it.
pub fn hear(task: Task, patience: Duration) -> Result<Result<usize, Errno>, Silence> {
    Ok(Errno::from_ret(await_ready(task, patience)? as usize))
}

/// Have an actor call the kernel.
pub fn ask(
    task: Task,
    patience: Duration,
    number: Sysno,
    args: [usize; 6],
) -> Result<Result<usize, Errno>, Silence> {
    tell(task, number, args);
    hear(task, patience)
}

/// Have an actor make another by clone3().
pub fn ask_clone(
    task: Task,
    patience: Duration,
    args: [usize; 2],
    child: Task,
) -> Result<Result<usize, Errno>, Silence> {
    tell_clone(task, args, child);
    let made = hear(task, patience)?;
    if made.is_ok() {
        await_ready(child, patience)?;
    }
    Ok(made)
}

/// The same, and do not wait for either.
pub fn tell_clone(task: Task, args: [usize; 2], child: Task) {
    expect_birth(child);
    start(task, Sysno::clone3, [args[0], args[1], 0, 0, 0, 0], u64::from(child));
}

/// Has it done what it was asked for?
pub fn is_ready(task: Task) -> bool {
    slot(task).state.load(Ordering::Acquire) == state::READY
}

/// An actor is to appear in a slot.
pub fn expect_birth(task: Task) {
    slot(task).state.store(state::UNBORN, Ordering::Relaxed);
}

/// Has it appeared?
pub fn await_birth(task: Task, patience: Duration) -> Result<(), Silence> {
    await_ready(task, patience).map(|_| ())
}

/// Make the first actor, as a child of the walker.
pub fn fork_first(task: Task) -> i64 {
    expect_birth(task);
    // SAFETY: The child only acts; it uses nothing that a lock of another thread may guard.
    unsafe { call_clone(Sysno::clone as u64, libc::SIGCHLD as usize, 0, u64::from(task)) }
}

/// The same, as pid 1 of a space.
pub fn fork_space(task: Task) -> i64 {
    expect_birth(task);
    let flags = 0x0040_0000 | libc::SIGCHLD as usize;
    // SAFETY: As in fork_first().
    unsafe { call_clone(Sysno::clone as u64, flags, 0, u64::from(task)) }
}

/// The size of a thread's stack.
pub fn stack_size() -> usize {
    STACK_SIZE
}
