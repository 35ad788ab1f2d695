//! Looks around on this computer (or below a folder) and prints what was seen and what is odd. Changes nothing:
//! `look [--root FOLDER] [--full] [PATH…]`.
use assize_agent::{LocalDevice, Where};
use assize_domain::{
    device::Device,
    entity::EntityType,
    folders::FolderLists,
    group::OsPlatform,
    id::{GroupId, InvestigationId},
    investigation::Scope,
    judgement::{Circumstances, judge},
    question::Question,
    text::{DevicePath, visible},
    time::Stamp,
    verdict::Verdict,
};
use std::{collections::BTreeMap, path::PathBuf, time::Instant};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let (mut place, mut scope, mut paths) = (Where::ThisComputer, Scope::Quick, Vec::new());
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--root" => place = Where::Staged(arguments.next().map(PathBuf::from).ok_or("--root needs a folder")?),
            "--full" => scope = Scope::Full,
            path => paths.push(DevicePath::from(path)),
        }
    }
    if !paths.is_empty() {
        scope = Scope::Paths { paths };
    }
    let state = std::env::temp_dir().join(format!("assize-look-{}", std::process::id()));
    let begun = Instant::now();
    let device = LocalDevice::open(place, &state, vec![])?;
    println!("opened {:.2} s", begun.elapsed().as_secs_f64());
    let begun = Instant::now();
    let question = Question::new(InvestigationId("look".into()), scope);
    let answer = device.ask(&question, &mut |p| eprintln!("{} ({} files)", p.step, p.files))?;
    println!("asked {:.2} s", begun.elapsed().as_secs_f64());
    for row in &answer.log {
        println!("{:10} {:6} {}", row.action, row.status, row.text);
    }
    let mut kinds: BTreeMap<EntityType, u32> = BTreeMap::new();
    answer.observed.iter().for_each(|o| *kinds.entry(o.entity.kind()).or_default() += 1);
    let unknown = answer.examined.iter().filter(|e| e.verdict == Verdict::Unknown).count();
    println!("observed {kinds:?}; examined {} of which unknown {unknown}", answer.examined.len());
    let about = Circumstances {
        os: OsPlatform::Linux,
        folders: FolderLists::shipped(),
        indicators: &[],
        group: &GroupId("look".into()),
        now: Stamp(0),
    };
    for judged in judge(answer.observed, &about).iter().filter(|j| j.verdict >= Verdict::Unknown) {
        println!(
            "{} {}: {}",
            judged.verdict.label(),
            judged.observed.entity.kind().code(),
            visible(&judged.observed.entity.place())
        );
        judged.reasons.iter().for_each(|r| println!("    {:?} {}", r.weight, r.text));
    }
    std::fs::remove_dir_all(&state)?;
    Ok(())
}
