//! A device in another process, for the engine: the same trait, the other end of the socket.
use super::{Call, Welcome};
use crate::{
    frame::LARGEST,
    hello::{Hello, Speaks},
    talk::{Asker, News, NoAnswer},
};
use assize_domain::{
    action::{Hop, HopName},
    device::{Device, RuleFault},
    id::{DeviceId, InvestigationId, OrderId, VaultId},
    mitigation::Mitigation,
    order::{Conflict, Fault, Order, Receipt, ReceiptOutcome},
    question::{
        Answer, DevicePolicy, Obstacle, Plan, Progress, Question, RuleFile, TakenOut, Truth, VaultCheck, VaultItem,
    },
    remedy::ActionType,
    target::Target,
};
use serde::de::DeserializeOwned;
use std::{
    collections::{HashMap, VecDeque},
    io::Write,
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

/// How long an order is sent again to an agent that is being restarted. After that the row stays as it is, and the agent
/// is asked what is true when it is back.
const PATIENCE: Duration = Duration::from_secs(10);
/// Orders whose acceptance is remembered.
const REMEMBERED: usize = 64;
const BETWEEN: Duration = Duration::from_millis(200);

/// The device behind an agent socket.
#[derive(Debug)]
pub struct RemoteDevice {
    asker: Asker<Welcome>,
    path: PathBuf,
    patience: Duration,
    /// When the latest orders were accepted, for whoever asks how far they have come (M159).
    accepted: Mutex<VecDeque<(OrderId, Hop)>>,
    /// What it said last that it can carry out.
    able: Mutex<HashMap<ActionType, Result<(), String>>>,
}

impl RemoteDevice {
    /// `behind` are the users who may be behind the socket beside ourselves: root, on a real computer.
    pub fn new(path: &Path, device: &DeviceId, behind: Vec<u32>) -> Self {
        let hello = Hello::new(Speaks::AssizeAgent, Some(device.clone()));
        let asker = Asker::new(path.to_owned(), hello, behind, LARGEST);
        Self { asker, path: path.to_owned(), patience: PATIENCE, accepted: Mutex::default(), able: Mutex::default() }
    }

    /// With less patience, for whoever cannot wait.
    pub fn with_patience(self, patience: Duration) -> Self {
        Self { patience, ..self }
    }

    fn remember(&self, order: &OrderId, hop: Option<Hop>) {
        let mut accepted = self.accepted.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(hop) = hop.filter(|_| !accepted.iter().any(|(id, _)| id == order)) {
            accepted.push_back((order.clone(), hop));
        }
        while accepted.len() > REMEMBERED {
            accepted.pop_front();
        }
    }

    fn call<A: DeserializeOwned>(&self, call: &Call) -> Result<A, NoAnswer> {
        self.asker.ask(call, &mut |_| Ok(()))
    }

    /// For calls that may be repeated: a line that broke while the agent was restarted is tried once more.
    fn again<A: DeserializeOwned>(&self, call: &Call) -> Result<A, Fault> {
        let first = self.call(call);
        let answer = if matches!(first, Err(NoAnswer::Lost(_))) { self.call(call) } else { first };
        answer.map_err(|e| self.fault(e))
    }

    fn fault(&self, no: NoAnswer) -> Fault {
        let why = match no {
            NoAnswer::Told(fault) => return fault,
            NoAnswer::NotTaken(error) => {
                return Fault::new(
                    "cannot_write",
                    format!("What was handed out could not be written: {error}."),
                    "The item is still in the vault. Make room, or choose another folder.",
                );
            }
            NoAnswer::Nobody(error) => error.to_string(),
            NoAnswer::Lost(error) => error.to_string(),
        };
        Fault::new(
            "agent_away",
            format!("The device service does not answer at {}: {why}.", self.path.display()),
            "Decisions are kept and carried out when it is back. Start it: systemctl start assize-agent.",
        )
    }

    fn obstacle(&self, no: NoAnswer) -> Plan {
        let fault = self.fault(no);
        let text = format!("{} {}", fault.message, fault.hint);
        Plan { obstacles: vec![Obstacle::new(&fault.code, text, true)], ..Plan::default() }
    }
}

impl Device for RemoteDevice {
    fn policy(&self, policy: &DevicePolicy) -> Result<Vec<RuleFault>, Fault> {
        self.again(&Call::Policy { policy: policy.clone() })
    }

    fn check_rules(&self, file: &RuleFile) -> Result<u32, String> {
        match self.again(&Call::CheckRules { file: file.clone() }) {
            Ok(told) => told,
            Err(fault) => Err(fault.message),
        }
    }

    fn rights(&self) -> String {
        match self.again::<String>(&Call::Rights) {
            Ok(rights) => format!("Assize works through its device service. {rights}"),
            Err(fault) => format!("{} {}", fault.message, fault.hint),
        }
    }

    fn ask(&self, question: &Question, progress: &mut dyn FnMut(Progress)) -> Result<Answer, Fault> {
        let call = Call::Ask { question: question.clone() };
        let answer = self.asker.ask(&call, &mut |news| {
            if let News::Progress(told) = news {
                progress(told);
            }
            Ok(())
        });
        answer.map_err(|e| self.fault(e))
    }

    fn stop_looking(&self, investigation: &InvestigationId) {
        // One that is not heard ends by itself: its answer is not taken any more.
        let _ = self.again::<()>(&Call::StopLooking { investigation: investigation.clone() });
    }

    /// What it can do does not change while it is away: what is decided then waits for it.
    fn capability(&self, kind: ActionType) -> Result<(), String> {
        let told = self.again::<Result<(), String>>(&Call::Capability { kind });
        let mut known = self.able.lock().unwrap_or_else(PoisonError::into_inner);
        match told {
            Ok(able) => {
                known.insert(kind, able.clone());
                able
            }
            Err(_) => known.get(&kind).cloned().unwrap_or(Ok(())),
        }
    }

    fn plan(&self, kind: ActionType, target: &Target) -> Plan {
        self.call(&Call::Plan { kind, target: target.clone() }).unwrap_or_else(|no| self.obstacle(no))
    }

    fn plan_undo(&self, kept: &[VaultId], conflict: &Conflict) -> Plan {
        let call = Call::PlanUndo { kept: kept.to_vec(), conflict: conflict.clone() };
        self.call(&call).unwrap_or_else(|no| self.obstacle(no))
    }

    /// Sent again while nobody answers: the agent knows an order that it has heard before by its id and its words.
    fn carry_out(&self, order: Order) -> Result<Receipt, Fault> {
        let call = Call::CarryOut { order: order.message() };
        let end = Instant::now() + self.patience;
        loop {
            let mut accepted = None;
            let told = self.asker.ask::<_, Receipt>(&call, &mut |news| {
                if let News::Accepted(at) = news {
                    accepted = Some(at);
                }
                Ok(())
            });
            match told {
                Ok(receipt) => {
                    let hop = accepted.map(|at| Hop { verb: order.verb(), hop: HopName::Accepted, at });
                    self.remember(order.id(), hop);
                    return Ok(receipt);
                }
                // It was heard and refused: nothing of it was done.
                Err(NoAnswer::Told(fault)) => {
                    let (outcome, finished_at) = (ReceiptOutcome::Failed { fault }, crate::verify::now());
                    return Ok(Receipt { order: order.id().clone(), outcome, steps: Vec::new(), finished_at });
                }
                Err(no @ (NoAnswer::Nobody(_) | NoAnswer::Lost(_) | NoAnswer::NotTaken(_))) => {
                    if Instant::now() >= end {
                        return Err(self.fault(no));
                    }
                    std::thread::sleep(BETWEEN);
                }
            }
        }
    }

    fn doing(&self, order: &OrderId) -> Option<Progress> {
        self.call(&Call::Doing { order: order.clone() }).ok().flatten()
    }

    fn cancel(&self, order: &OrderId) -> Result<(), String> {
        match self.again(&Call::Cancel { order: order.clone() }) {
            Ok(told) => told,
            Err(fault) => Err(fault.message),
        }
    }

    fn hops(&self, order: &OrderId) -> Vec<Hop> {
        let mut hops: Vec<Hop> = self.again(&Call::Hops { order: order.clone() }).unwrap_or_default();
        let accepted = self.accepted.lock().unwrap_or_else(PoisonError::into_inner);
        let known = accepted.iter().find(|(id, _)| id == order).map(|(_, hop)| *hop);
        hops.extend(known.filter(|k| !hops.iter().any(|h| (h.verb, h.hop) == (k.verb, k.hop))));
        hops
    }

    fn boot(&self) -> Option<String> {
        self.again(&Call::Boot).ok().flatten()
    }

    fn returned(&self, kind: ActionType, target: &Target) -> Result<Option<String>, Fault> {
        self.again(&Call::Returned { kind, target: target.clone() })
    }

    fn watch(&self) -> Vec<Mitigation> {
        self.again(&Call::Watch).unwrap_or_default()
    }

    fn reapply(&self) -> Vec<Mitigation> {
        self.again(&Call::Reapply).unwrap_or_default()
    }

    fn truth(&self, order: &OrderId) -> Truth {
        self.again(&Call::Truth { order: order.clone() }).unwrap_or_else(Truth::Unknown)
    }

    fn vault(&self) -> Result<Vec<VaultItem>, Fault> {
        self.again(&Call::Vault)
    }

    fn pin(&self, item: &VaultId, pinned: bool) -> Result<(), Fault> {
        self.again(&Call::Pin { item: item.clone(), pinned })
    }

    fn purge(&self, item: &VaultId) -> Result<(), Fault> {
        self.again(&Call::Purge { item: item.clone() })
    }

    fn verify_vault(&self) -> Result<Vec<VaultCheck>, Fault> {
        self.again(&Call::VerifyVault)
    }

    fn plant_practice(&self) -> Result<(), Fault> {
        Err(real())
    }

    fn clear_practice(&self) -> Result<(), Fault> {
        Err(real())
    }

    fn practice_processes(&self) -> u32 {
        0
    }

    fn take_out(&self, item: &VaultId, out: &mut dyn Write) -> Result<TakenOut, Fault> {
        let taken = self.asker.ask(&Call::TakeOut { item: item.clone() }, &mut |news| match news {
            News::Part(part) => out.write_all(part),
            News::Progress(_) | News::Accepted(_) => Ok(()),
        });
        taken.map_err(|e| self.fault(e))
    }

    fn reachable(&self) -> bool {
        self.asker.reach().is_ok()
    }

    fn health(&self) -> Result<String, Fault> {
        self.again(&Call::Health)
    }

    fn restore_elsewhere(&self, _: &VaultId, _: &str, _: bool) -> Result<String, Fault> {
        Err(Fault::new(
            "elsewhere_by_you",
            "The device service writes to no folder that a person names.",
            "Whoever wants the copy takes it out and writes it.",
        ))
    }
}

fn real() -> Fault {
    Fault::new(
        "not_a_practice_range",
        "This is a real device: nothing is planted on it and nothing is cleared from it.",
        "Make a practice range instead.",
    )
}
