//! Health: what works here, what does not and why.
use crate::{
    Engine, audit,
    door::{RunDoctor, VerifyAudit, VerifyQuarantine},
    quarantine, view,
};
use assize_domain::{order::Fault, remedy::ActionType, role::Person};

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
    check(
        "Device service",
        Err(Fault::new(
            "no_service",
            "Not installed: the engine works with the rights of whoever opened it, while it is open.",
            "It comes with a later version. Start Assize as an administrator to treat what belongs to others.",
        )),
    );
    Ok(view::Doctor { checks })
}
