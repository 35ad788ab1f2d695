//! From the approval of a file of 1 MB to its quarantine, verified and recorded; and where the time goes.
use std::error::Error;
use std::fs::{self, File};
use std::io::Write;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use assize_domain::{
    action::ActionStatus,
    device::{Device, RuleFault},
    group::{AutomationLevel, UNGROUPED},
    id::{OrderId, VaultId},
    indicator::{IndicatorAction, IndicatorKind},
    order::{Conflict, Fault, Order, Receipt},
    question::{Answer, DevicePolicy, Plan, Progress, Question, RuleFile, Truth, VaultCheck, VaultItem},
    remedy::ActionType,
    target::Target,
};
use assize_engine::Engine;
use assize_engine::door::{AddDevice, AddIndicator, ApproveActions, ChangeGroup, StartInvestigation};
use sha2::{Digest, Sha256};

use crate::{Outcome, at, sorted};

const FILES: usize = 120;
const SIZE: usize = 1 << 20;
const FOLDER: &str = "srv/goods";

/// When the last order began and ended on the device.
type Span = Arc<Mutex<Option<(Instant, Instant)>>>;

/// A device that takes the time of its orders.
struct Timed {
    device: Arc<dyn Device>,
    span: Span,
}

impl Device for Timed {
    fn policy(&self, policy: &DevicePolicy) -> Result<Vec<RuleFault>, Fault> {
        self.device.policy(policy)
    }

    fn check_rules(&self, file: &RuleFile) -> Result<u32, String> {
        self.device.check_rules(file)
    }

    fn rights(&self) -> String {
        self.device.rights()
    }

    fn ask(&self, question: &Question, progress: &mut dyn FnMut(Progress)) -> Result<Answer, Fault> {
        self.device.ask(question, progress)
    }

    fn capability(&self, kind: ActionType) -> Result<(), String> {
        self.device.capability(kind)
    }

    fn plan(&self, kind: ActionType, target: &Target) -> Plan {
        self.device.plan(kind, target)
    }

    fn plan_undo(&self, kept: &[VaultId], conflict: &Conflict) -> Plan {
        self.device.plan_undo(kept, conflict)
    }

    fn carry_out(&self, order: Order) -> Result<Receipt, Fault> {
        let begun = Instant::now();
        let receipt = self.device.carry_out(order);
        *self.span.lock().unwrap_or_else(PoisonError::into_inner) = Some((begun, Instant::now()));
        receipt
    }

    fn truth(&self, order: &OrderId) -> Truth {
        self.device.truth(order)
    }

    fn vault(&self) -> Result<Vec<VaultItem>, Fault> {
        self.device.vault()
    }

    fn verify_vault(&self) -> Result<Vec<VaultCheck>, Fault> {
        self.device.verify_vault()
    }

    fn plant_practice(&self) -> Result<(), Fault> {
        self.device.plant_practice()
    }

    fn clear_practice(&self) -> Result<(), Fault> {
        self.device.clear_practice()
    }

    fn practice_processes(&self) -> u32 {
        self.device.practice_processes()
    }

    fn restore_elsewhere(&self, item: &VaultId, folder: &str, inert: bool) -> Result<String, Fault> {
        self.device.restore_elsewhere(item, folder, inert)
    }
}

pub(crate) fn measure(folder: &Path) -> Outcome {
    let root = folder.join("device");
    fs::create_dir_all(root.join(FOLDER))?;
    let span: Span = Arc::default();
    let told = Arc::clone(&span);
    let engine = Engine::open(&folder.join("data"), move |device: &assize_domain::group::Device, data: &Path| {
        let timed: Arc<dyn Device> =
            Arc::new(Timed { device: assize_agent::open(device, data)?, span: Arc::clone(&told) });
        Ok(timed)
    })
    .map_err(said)?;
    let waiting = plant(&engine, &root)?;
    if waiting.len() != FILES {
        return Err(format!("{} of {FILES} files wait for a decision", waiting.len()).into());
    }
    let person = engine.person();
    let (mut whole, mut decided, mut handed, mut device, mut recorded) = (vec![], vec![], vec![], vec![], vec![]);
    for id in waiting {
        let begun = Instant::now();
        let request = ApproveActions { ids: vec![id.clone()], comment: None, group_by_type: false };
        engine.ask(&person, request).map_err(said)?;
        let answered = Instant::now();
        let done = engine.settle_actions(std::slice::from_ref(&id)).map_err(said)?;
        let end = Instant::now();
        if done.iter().any(|action| action.status != ActionStatus::Completed) {
            return Err(format!("not completed: {:?}", done.first().map(|action| &action.result)).into());
        }
        let (from, to) = span.lock().unwrap_or_else(PoisonError::into_inner).take().ok_or("no order came")?;
        let ms = |from: Instant, to: Instant| to.saturating_duration_since(from).as_secs_f64() * 1000.0;
        whole.push(ms(begun, end));
        // The device may begin before whoever approved has his answer.
        decided.push(ms(begun, answered.min(from)));
        handed.push(ms(answered, from));
        device.push(ms(from, to));
        recorded.push(ms(to, end));
    }
    let whole = sorted(whole);
    let [decided, handed, device, recorded] = [decided, handed, device, recorded].map(|times| at(&sorted(times), 50));
    Ok(serde_json::json!({
        "files": FILES, "p50_ms": at(&whole, 50), "p99_ms": at(&whole, 99), "decided_ms": decided, "handed_ms": handed,
        "device_ms": device, "recorded_ms": recorded, "sync_ms": small_sync(folder)?,
    }))
}

/// What this disk takes to keep one line: nothing that is recorded can be faster.
fn small_sync(folder: &Path) -> Result<f64, Box<dyn Error>> {
    let mut file = File::create(folder.join("line"))?;
    let mut times = Vec::new();
    for _ in 0..100 {
        file.write_all(b"one line of a journal\n")?;
        let begun = Instant::now();
        file.sync_data()?;
        times.push(begun.elapsed().as_secs_f64() * 1000.0);
    }
    Ok(at(&sorted(times), 50))
}

fn plant(engine: &Engine, root: &Path) -> Result<Vec<assize_domain::id::ActionId>, Box<dyn Error>> {
    let person = engine.person();
    let level = Some(AutomationLevel::SemiAll);
    let group = ChangeGroup { group: UNGROUPED.into(), level, rules: None, description: None, reason: None };
    engine.ask(&person, group).map_err(said)?;
    let shown = root.to_str().ok_or("the folder's name is no text")?.to_owned();
    let device = AddDevice { name: "bench".into(), root: Some(shown), os: None };
    let device = engine.ask(&person, device).map_err(said)?.id;
    let mut content = vec![0u8; SIZE];
    for n in 0..FILES {
        for (at, word) in (0u64..).zip(content.chunks_exact_mut(8)) {
            word.copy_from_slice(&(at.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ n as u64).to_le_bytes());
        }
        fs::write(root.join(FOLDER).join(format!("parcel-{n}")), &content)?;
        let request = AddIndicator {
            kind: IndicatorKind::Sha256,
            value: Sha256::digest(&content).iter().map(|byte| format!("{byte:02x}")).collect(),
            action: IndicatorAction::Warn,
            title: "Known odd".into(),
            expires_at: None,
            group: None,
        };
        engine.ask(&person, request).map_err(said)?;
    }
    let look = StartInvestigation {
        device: Some(device),
        paths: vec![format!("/{FOLDER}")],
        full: false,
        comment: "What is to be decided about.".into(),
    };
    let look = engine.ask(&person, look).map_err(said)?.id;
    let found = engine.settle_investigation(&look).map_err(said)?;
    // What the planting left to be written is not what is measured.
    std::thread::sleep(Duration::from_secs(1));
    Ok(found.actions.into_iter().map(|action| action.id).collect())
}

fn said(fault: Fault) -> String {
    format!("{} {}", fault.message, fault.hint)
}
