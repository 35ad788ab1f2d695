//! Health: what works here, what does not and why.
use crate::{
    Engine, audit,
    door::{RunDoctor, VerifyAudit, VerifyQuarantine},
    front::door_socket,
    people::People,
    quarantine, view,
};
use assize_domain::{order::Fault, remedy::ActionType, role::Person};

/// M81.
const NOTHING_TO_CONTAIN: &str = "Not offered: it would need other devices and directories that refuse somebody, and this \
     installation commands none. So there is nothing to release either. Isolate the device itself instead, and reset \
     passwords where they are kept.";

pub(crate) fn run(engine: &Engine, who: &Person, _: RunDoctor) -> Result<view::Doctor, Fault> {
    let mut checks = Vec::new();
    let mut check = |name: &str, result: Result<String, Fault>| {
        checks.push(match result {
            Ok(detail) => view::Check { name: name.to_owned(), ok: true, detail, hint: None },
            Err(f) => view::Check { name: name.to_owned(), ok: false, detail: f.message, hint: Some(f.hint) },
        });
    };
    check("Data folder", Ok(engine.data().display().to_string()));
    check("Database", engine.read(|r| Ok(r.integrity()?)).map(|()| "The database is sound.".to_owned()));
    check(
        "Audit trail",
        audit::verify(engine, who, VerifyAudit {}).and_then(|v| match v.first_broken {
            None => Ok(format!("{} records, unbroken.", v.records)),
            Some(seq) => {
                Err(Fault::new("audit_broken", format!("Record {seq} was altered."), "Compare with an exported copy."))
            }
        }),
    );
    check(
        "Vault",
        quarantine::verify(engine, who, VerifyQuarantine {}).and_then(|v| match v.damaged.first() {
            None => Ok(format!("{} kept copies, all readable.", v.checked)),
            Some(f) => Err(f.clone()),
        }),
    );
    check("Automatic actions", crate::caution::health(engine));
    check("Clock and timers", engine.clocks());
    let this = engine.this_computer().and_then(|d| engine.link(&d));
    match this {
        Err(fault) => check("This computer", Err(fault)),
        Ok(link) => {
            check("Rights", Ok(link.rights()));
            for kind in ActionType::ALL {
                let able = link.capability(kind);
                check(
                    kind.label(),
                    match able {
                        Ok(()) => Ok("Can be carried out here.".to_owned()),
                        Err(why) => Err(Fault::new("unsupported", why, "It is shown with the steps by hand.")),
                    },
                );
            }
        }
    }
    check("Contain a device, a user or an address", Ok(NOTHING_TO_CONTAIN.to_owned()));
    let (engine_is, service) = service(engine);
    check("Engine", engine_is);
    check("Device service", service);
    Ok(view::Doctor { checks })
}

/// Which engine answers, and how the device service of this computer is.
fn service(engine: &Engine) -> (Result<String, Fault>, Result<String, Fault>) {
    let Some(served) = engine.served() else {
        let here = Ok("It works inside this program, and only while one is open.".to_owned());
        let (why, hint) = if door_socket().exists() {
            ("Installed, but what was asked is about a folder of its own.", "Leave --data out to ask the service.")
        } else {
            (
                "Not installed: Assize works with the rights of whoever opened it, while it is open.",
                "Install it in the settings of the window, or with sudo assizectl service install.",
            )
        };
        return (here, Err(Fault::new("no_service", why, hint)));
    };
    let door = served.door.display();
    let here = People::read(engine.data()).map(|people| {
        format!(
            "The service answers at {door}, also when no window is open; {} people have a role.",
            people.uids().len()
        )
    });
    let service = match &served.agent {
        None => Err(Fault::new(
            "no_agent",
            "The service works without a device service, with its own rights.",
            "Start it with --agent, or install it with sudo assizectl service install.",
        )),
        Some(_) => engine.this_computer().and_then(|d| engine.link(&d)?.health()),
    };
    (here, service)
}
