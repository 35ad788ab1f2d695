//! The device's side of the agent socket: lets one user in, turns words into calls, and orders into orders only by
//! [`crate::verify`].
use super::{Call, Welcome};
use crate::{
    frame::{FrameError, LARGEST},
    hello::{self, Speaks, message, parse},
    peer::Peer,
    socket::{Listening, Stop},
    talk::{Parts, Reply, reply},
    verify::{Gate, now},
};
use assize_domain::{
    device::Device,
    id::DeviceId,
    order::{Conflict, Fault, OrderMessage},
    question::Truth,
};
use serde::Serialize;
use std::{io, os::unix::net::UnixStream, sync::Arc};

/// A device and whom it obeys.
pub struct Agent {
    pub device: Arc<dyn Device>,
    pub gate: Gate,
    pub stop: Arc<Stop>,
    /// A real computer, on which a folder that a person names is written to with that person's rights alone.
    pub real: bool,
}

/// Answers callers until it is told to stop.
pub fn serve(listening: &Listening, agent: Agent) -> io::Result<()> {
    let stop = Arc::clone(&agent.stop);
    let agent = Arc::new(agent);
    listening.serve(&stop, move |mut stream, peer| {
        // A line that breaks or speaks otherwise is at its end. What it had begun has ended before.
        let _ = agent.talk(&mut stream, peer);
    })
}

impl Agent {
    fn talk(&self, stream: &mut UnixStream, peer: Peer) -> Result<(), FrameError> {
        if let Err(fault) = self.gate.lets_in(peer) {
            hello::refuse(stream, &fault);
            return Ok(());
        }
        let Some(device) = hello::hear(stream, Speaks::AssizeAgent)?.device else { return Err(FrameError::NotAFrame) };
        hello::welcome(stream, &Welcome { version: env!("CARGO_PKG_VERSION").to_owned() })?;
        loop {
            let words = match message(stream, LARGEST) {
                Ok(words) => words,
                Err(FrameError::Closed) => return Ok(()),
                Err(error) => return Err(error),
            };
            let call: Call = match parse(&words) {
                Ok(call) => call,
                Err(_) => {
                    self.gate.refuse(peer, None, "no verb of the list");
                    reply::<()>(stream, &Reply::Fault(unknown()))?;
                    continue;
                }
            };
            drop(words);
            self.answer(stream, peer, &device, call)?;
        }
    }

    fn answer(&self, stream: &mut UnixStream, peer: Peer, device: &DeviceId, call: Call) -> Result<(), FrameError> {
        let d = &self.device;
        match call {
            Call::Policy { policy } => done(stream, d.policy(&policy)),
            Call::CheckRules { file } => done(stream, Ok(d.check_rules(&file))),
            Call::Rights => done(stream, Ok(d.rights())),
            Call::Health => done(stream, d.health().map(|_| self.health())),
            Call::Ask { question } => {
                let mut line = stream.try_clone()?;
                let mut listens = true;
                let answer = d.ask(&question, &mut |progress| {
                    if listens && reply::<()>(&mut line, &Reply::Progress(progress)).is_err() {
                        // Nobody waits for the answer any more.
                        listens = false;
                        d.stop_looking(&question.investigation);
                    }
                });
                done(stream, answer)
            }
            Call::StopLooking { investigation } => {
                d.stop_looking(&investigation);
                done(stream, Ok(()))
            }
            Call::Capability { kind } => done(stream, Ok(d.capability(kind))),
            Call::Plan { kind, target } => done(stream, Ok(d.plan(kind, &target))),
            Call::PlanUndo { kept, conflict } => done(stream, Ok(d.plan_undo(&kept, &conflict))),
            Call::CarryOut { order } => self.carry_out(stream, peer, device, order),
            Call::Doing { order } => done(stream, Ok(d.doing(&order))),
            Call::Cancel { order } => done(stream, Ok(d.cancel(&order))),
            Call::Hops { order } => done(stream, Ok(d.hops(&order))),
            Call::Boot => done(stream, Ok(d.boot())),
            Call::Returned { kind, target } => done(stream, d.returned(kind, &target)),
            Call::Watch => done(stream, Ok(d.watch())),
            Call::Reapply => self.acting(stream, |a| Ok(a.device.reapply())),
            Call::Truth { order } => {
                let truth = d.truth(&order);
                // From now on the sender takes it for not begun.
                let kept = if truth == Truth::NeverStarted { self.gate.void(&order) } else { Ok(()) };
                done(stream, kept.map(|()| truth))
            }
            Call::Vault => done(stream, d.vault()),
            Call::Pin { item, pinned } => self.acting(stream, |a| a.device.pin(&item, pinned)),
            Call::Purge { item } => self.acting(stream, |a| a.device.purge(&item)),
            Call::VerifyVault => done(stream, d.verify_vault()),
            Call::TakeOut { item } => {
                let mut line = stream.try_clone()?;
                let taken = d.take_out(&item, &mut Parts(&mut line));
                done(stream, taken)
            }
        }
    }

    fn carry_out(
        &self,
        stream: &mut UnixStream,
        peer: Peer,
        device: &DeviceId,
        order: OrderMessage,
    ) -> Result<(), FrameError> {
        if self.real && matches!(order.conflict, Conflict::Elsewhere { .. }) {
            return reply::<()>(stream, &Reply::Fault(by_the_caller()));
        }
        let order = match self.gate.verify(order, peer, device) {
            Ok(order) => order,
            Err(fault) => return reply::<()>(stream, &Reply::Fault(fault)),
        };
        self.acting(stream, |agent| {
            // Somebody who has gone away meanwhile asks again what is true.
            let _ = stream.try_clone().map(|mut line| reply::<()>(&mut line, &Reply::Accepted(now())));
            agent.device.carry_out(order)
        })
    }

    /// Something that must not be cut off by an ordinary stop.
    fn acting<T: Serialize>(
        &self,
        stream: &UnixStream,
        act: impl FnOnce(&Self) -> Result<T, Fault>,
    ) -> Result<(), FrameError> {
        let mut line = stream.try_clone()?;
        let Some(working) = self.stop.work() else {
            // Closed without an answer: the order is sent again to the one that comes next.
            return Err(FrameError::Closed);
        };
        let acted = act(self);
        drop(working);
        done(&mut line, acted)
    }

    fn health(&self) -> String {
        let refused = match self.gate.refused() {
            0 => "no message was refused".to_owned(),
            1 => "1 message was refused".to_owned(),
            n => format!("{n} messages were refused"),
        };
        format!("Version {}, process {}; since it started {refused}.", env!("CARGO_PKG_VERSION"), std::process::id())
    }
}

fn done<T: Serialize>(stream: &mut UnixStream, result: Result<T, Fault>) -> Result<(), FrameError> {
    match result {
        Ok(answer) => match reply(stream, &Reply::Answer(answer)) {
            Err(FrameError::TooLong { length, .. }) => {
                let message = format!("The answer is too long: {} MB.", length >> 20);
                reply::<()>(stream, &Reply::Fault(Fault::new("too_long", message, "Ask for less at once.")))
            }
            other => other,
        },
        Err(fault) => reply::<()>(stream, &Reply::Fault(fault)),
    }
}

fn unknown() -> Fault {
    Fault::new(
        "unknown_verb",
        "The device service was asked for something it does not know.",
        "Nothing was touched. Restart the service so that both halves are of one version.",
    )
}

fn by_the_caller() -> Fault {
    Fault::new(
        "elsewhere_by_you",
        "The device service writes to no folder that a person names: it would do so with more rights than that person has.",
        "Nothing was touched. Write a copy yourself: in the quarantine list, or with assizectl quarantine restore.",
    )
}
