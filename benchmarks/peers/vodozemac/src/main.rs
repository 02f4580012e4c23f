// main.rs - vodozemac: Olm sessions (3DH, no signature check, no PQ) and Megolm. Messages stay binary, without Base64.
mod counted;

use std::io::{BufRead, Write};
use vodozemac::megolm::{GroupSession, InboundGroupSession, MegolmMessage, SessionConfig as GroupConfig};
use vodozemac::olm::{Account, OlmMessage, Session, SessionConfig, SessionPickle};
use vodozemac::Curve25519PublicKey;

const HANDSHAKES: usize = 8;
const WINDOW: usize = 40;
const NAMES: [&str; 8] = [
    "handshake", "ping-pong 64 B", "one-way 64 B", "one-way 1 KiB", "one-way 16 KiB", "reverse 40", "save + restore",
    "group 1 KiB",
];
const PICKLE_KEY: [u8; 32] = [7; 32];

type Wire = (usize, Vec<u8>);

struct State {
    alice: Account,
    bob: Account,
    a: Session,
    b: Session,
    group_out: GroupSession,
    group_in: InboundGroupSession,
    content: Vec<u8>,
    wire: Vec<Wire>,
    live: Vec<Session>,
}

struct Batch {
    operations: usize,
    encrypt_us: f64,
    decrypt_us: Option<f64>,
    allocations: usize,
}

fn cpu_us() -> f64 {
    let mut now = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    unsafe { libc::clock_gettime(libc::CLOCK_THREAD_CPUTIME_ID, &mut now) };
    now.tv_sec as f64 * 1e6 + now.tv_nsec as f64 / 1e3
}

#[inline(never)] // callgrind counts what it calls
fn timed(work: impl FnOnce()) -> f64 {
    let begin = cpu_us();
    work();
    cpu_us() - begin
}

fn encrypt(session: &mut Session, content: &[u8]) -> Wire {
    session.encrypt(content).expect("encrypt").to_parts()
}

fn decrypt(session: &mut Session, wire: &Wire, length: usize) {
    let message = OlmMessage::from_parts(wire.0, &wire.1).expect("parse");
    assert_eq!(session.decrypt(&message).expect("decrypt").len(), length);
}

fn one_time_keys(bob: &mut Account) -> Vec<Curve25519PublicKey> {
    let made = bob.generate_one_time_keys(HANDSHAKES);
    bob.mark_keys_as_published();
    made.created
}

fn initiate(alice: &Account, bob: &Account, one_time_key: Curve25519PublicKey) -> Session {
    alice
        .create_outbound_session(SessionConfig::version_1(), bob.curve25519_key(), one_time_key)
        .expect("initiate")
}

fn accept(alice: &Account, bob: &mut Account, wire: &Wire) -> Session {
    let OlmMessage::PreKey(message) = OlmMessage::from_parts(wire.0, &wire.1).expect("parse") else {
        panic!("no first message");
    };
    let accepted = bob
        .create_inbound_session(SessionConfig::version_1(), alice.curve25519_key(), &message)
        .expect("accept");
    assert_eq!(accepted.plaintext.len(), 64);
    accepted.session
}

fn save(session: &Session) -> String {
    session.pickle().encrypt(&PICKLE_KEY)
}

fn restore(saved: &str) -> Session {
    Session::from_pickle(SessionPickle::from_encrypted(saved, &PICKLE_KEY).expect("unpickle"))
}

impl State {
    fn new() -> Self {
        let alice = Account::new();
        let mut bob = Account::new();
        let key = one_time_keys(&mut bob)[0];
        let mut a = initiate(&alice, &bob, key);
        let content = vec![0x5a; 16_384];
        let first = encrypt(&mut a, &content[..64]);
        let b = accept(&alice, &mut bob, &first);
        let group_out = GroupSession::new(GroupConfig::version_1());
        let group_in = InboundGroupSession::new(&group_out.session_key(), GroupConfig::version_1());
        let mut state =
            State { alice, bob, a, b, group_out, group_in, content, wire: Vec::new(), live: Vec::new() };
        for _ in 0..10 {
            state.answer_once();
        }
        state
    }

    fn a_to_b(&mut self, length: usize) {
        let wire = encrypt(&mut self.a, &self.content[..length]);
        decrypt(&mut self.b, &wire, length);
    }

    fn b_to_a(&mut self, length: usize) {
        let wire = encrypt(&mut self.b, &self.content[..length]);
        decrypt(&mut self.a, &wire, length);
    }

    fn answer_once(&mut self) {
        self.b_to_a(64);
        self.a_to_b(64);
    }

    fn send(&mut self, count: usize, length: usize) {
        for _ in 0..count {
            let wire = encrypt(&mut self.a, &self.content[..length]);
            self.wire.push(wire);
        }
    }

    fn receive(&mut self, length: usize) {
        for wire in &self.wire {
            decrypt(&mut self.b, wire, length);
        }
    }

    fn handshakes(&mut self) -> Batch {
        let keys = one_time_keys(&mut self.bob);
        let before = counted::calls();
        let encrypt_us = timed(|| {
            for key in keys {
                let mut session = initiate(&self.alice, &self.bob, key);
                let first = encrypt(&mut session, &self.content[..64]);
                accept(&self.alice, &mut self.bob, &first);
            }
        });
        Batch { operations: HANDSHAKES, encrypt_us, decrypt_us: None, allocations: counted::calls() - before }
    }

    fn ping_pong(&mut self) -> Batch {
        let before = counted::calls();
        let encrypt_us = timed(|| {
            for _ in 0..64 {
                self.a_to_b(64);
                self.b_to_a(64);
            }
        });
        Batch { operations: 128, encrypt_us, decrypt_us: None, allocations: counted::calls() - before }
    }

    fn one_way(&mut self, length: usize) -> Batch {
        self.wire = Vec::with_capacity(500);
        let before = counted::calls();
        let encrypt_us = timed(|| self.send(500, length));
        let decrypt_us = Some(timed(|| self.receive(length)));
        let allocations = counted::calls() - before;
        self.answer_once();
        Batch { operations: 500, encrypt_us, decrypt_us, allocations }
    }

    fn reverse(&mut self) -> Batch {
        self.wire.clear();
        self.send(WINDOW, 64);
        self.wire.reverse();
        let before = counted::calls();
        let encrypt_us = timed(|| self.receive(64));
        let allocations = counted::calls() - before;
        self.answer_once();
        Batch { operations: WINDOW, encrypt_us, decrypt_us: None, allocations }
    }

    fn saves(&mut self) -> Batch {
        let before = counted::calls();
        let encrypt_us = timed(|| {
            for _ in 0..200 {
                self.a = restore(&save(&self.a));
            }
        });
        Batch { operations: 200, encrypt_us, decrypt_us: None, allocations: counted::calls() - before }
    }

    fn group(&mut self) -> Batch {
        self.wire = Vec::with_capacity(200);
        let before = counted::calls();
        let encrypt_us = timed(|| {
            for _ in 0..200 {
                self.wire.push((1, self.group_out.encrypt(&self.content[..1_024]).to_bytes()));
            }
        });
        let decrypt_us = Some(timed(|| {
            for (_, bytes) in &self.wire {
                let message = MegolmMessage::from_bytes(bytes).expect("parse");
                assert_eq!(self.group_in.decrypt(&message).expect("decrypt").plaintext.len(), 1_024);
            }
        }));
        Batch { operations: 200, encrypt_us, decrypt_us, allocations: counted::calls() - before }
    }

    fn sizes(&mut self) -> String {
        let key = one_time_keys(&mut self.bob)[0];
        let first = encrypt(&mut initiate(&self.alice, &self.bob, key), &self.content[..64]).1.len();
        self.wire.clear();
        self.send(1, 64);
        self.send(1, 1_024);
        let lengths = [self.wire[0].1.len(), self.wire[1].1.len()];
        decrypt(&mut self.b, &self.wire[0], 64);
        decrypt(&mut self.b, &self.wire[1], 1_024);
        let state = save(&self.b).len();
        self.wire.clear();
        self.send(WINDOW, 64);
        decrypt(&mut self.b, &self.wire[WINDOW - 1], 64);
        let pending = (save(&self.b).len() - state) as f64 / (WINDOW - 1) as f64;
        let group = self.group_out.encrypt(&self.content[..1_024]).to_bytes().len();
        format!(
            "{{\"sizes\": {{\"first message 64 B\": {first}, \"message 64 B\": {}, \"message 1 KiB\": {}, \
             \"saved state\": {state}, \"pending key\": {pending:.1}, \"group message 1 KiB\": {group}}}}}",
            lengths[0], lengths[1]
        )
    }

    fn memory(&mut self, count: usize) -> String {
        let saved = save(&self.a);
        let before = resident_bytes();
        self.live = (0..count).map(|_| restore(&saved)).collect();
        format!("{{\"session_bytes\": {:.1}}}", (resident_bytes() - before) as f64 / count as f64)
    }

    fn answer(&mut self, request: &str) -> String {
        let batch = match request {
            "handshake" => self.handshakes(),
            "ping-pong 64 B" => self.ping_pong(),
            "one-way 64 B" => self.one_way(64),
            "one-way 1 KiB" => self.one_way(1_024),
            "one-way 16 KiB" => self.one_way(16_384),
            "reverse 40" => self.reverse(),
            "save + restore" => self.saves(),
            "group 1 KiB" => self.group(),
            "sizes" => return self.sizes(),
            _ => match request.strip_prefix("memory ").and_then(|count| count.parse().ok()) {
                Some(count) => return self.memory(count),
                None => return "{\"error\": \"no such workload\"}".to_owned(),
            },
        };
        batch.line(request)
    }
}

impl Batch {
    fn line(&self, name: &str) -> String {
        let operations = self.operations as f64;
        let both = match self.decrypt_us {
            Some(decrypt_us) => format!(
                "\"encrypt_us\": {:.4}, \"decrypt_us\": {:.4}, ",
                self.encrypt_us / operations,
                decrypt_us / operations
            ),
            None => String::new(),
        };
        format!(
            "{{\"workload\": \"{name}\", \"operations\": {}, \"us\": {:.4}, {both}\"allocations\": {:.3}}}",
            self.operations,
            (self.encrypt_us + self.decrypt_us.unwrap_or(0.0)) / operations,
            self.allocations as f64 / operations
        )
    }
}

fn resident_bytes() -> usize {
    let text = std::fs::read_to_string("/proc/self/statm").expect("statm");
    text.split(' ').nth(1).and_then(|pages| pages.parse::<usize>().ok()).expect("resident pages") * 4_096
}

fn main() {
    let mut state = State::new();
    let names = NAMES.map(|name| format!("\"{name}\"")).join(", ");
    println!("{{\"peer\": \"vodozemac\", \"version\": \"0.11.1\", \"workloads\": [{names}]}}");
    for request in std::io::stdin().lock().lines() {
        let line = state.answer(request.expect("request").trim());
        println!("{line}");
        std::io::stdout().flush().expect("flush");
    }
}
