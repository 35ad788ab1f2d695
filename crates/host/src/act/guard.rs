//! What is never acted on, whatever the role and whoever decided (M20): asked about what is held, right before it is acted
//! on, so that no link laid in between makes a difference.
use super::work::Early;
use crate::{handle::Held, handle::Place, look::file::real_path, root::Root, vault::Vault};
use assize_domain::{
    order::{Fault, ReceiptOutcome},
    protected::{Protected, Reason},
    text::{DevicePath, visible},
};
use std::{path::PathBuf, sync::Arc};

/// Says about a file, in a sentence, that its content is not the one that its package installed; nothing where it is,
/// or where that is not known.
pub type Word = Arc<dyn Fn(&DevicePath) -> Option<String> + Send + Sync>;

/// The protected items of one device.
#[derive(Clone)]
pub struct Guard {
    protected: Protected,
    /// Folders of the product itself, on the machine this runs on.
    own: Vec<PathBuf>,
    word: Option<Word>,
}

/// How much of a file is to go.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Touch {
    Whole,
    Lines,
}

impl Guard {
    pub fn new(protected: Protected, own: Vec<PathBuf>, word: Option<Word>) -> Self {
        let own = own.into_iter().map(|p| std::fs::canonicalize(&p).unwrap_or(p)).collect();
        Self { protected, own, word }
    }

    /// The shipped list alone.
    pub fn shipped() -> Self {
        Self::new(Protected::shipped().clone(), Vec::new(), None)
    }

    /// Refuses a protected file, our own program and what belongs to us. `held` is the file, where it was opened.
    pub fn file(&self, root: &Root, vault: &Vault, place: &Place, held: &Held, touch: Touch) -> Early<()> {
        let path = place.path();
        if self.is_ours(root, vault, place, held) {
            let message = format!("{} belongs to this program itself.", visible(path.as_str()));
            return Err(refusal(message, "Nothing was touched."));
        }
        match self.reason(root, &path) {
            Some(reason) if touch == Touch::Whole || !reason.lines => {
                let what = match touch {
                    Touch::Whole => "It is never taken away",
                    Touch::Lines => "Nothing is taken out of it",
                };
                let message = format!("{} is {}. {what}.", visible(path.as_str()), reason.what);
                let hint = match self.word.as_ref().and_then(|word| word(&path)) {
                    Some(word) => {
                        format!(
                            "Nothing was touched. {word} Bring the right one back with the package manager, which replaces it without a gap."
                        )
                    }
                    None => "Nothing was touched. Change it by hand if you are sure.".to_owned(),
                };
                Err(refusal(message, &hint))
            }
            Some(_) | None => Ok(()),
        }
    }

    /// The file itself stays, also when nothing but comments is left in it.
    pub fn keeps_whole(&self, root: &Root, place: &Place) -> bool {
        self.reason(root, &place.path()).is_some()
    }

    /// Why a file is protected, by its path alone.
    pub fn about(&self, root: &Root, path: &DevicePath) -> Option<String> {
        let real = real_path(root, path).unwrap_or_else(|_| path.clone());
        self.reason(root, &real).or_else(|| self.reason(root, path)).map(|reason| reason.what.to_owned())
    }

    pub fn is_unit(&self, name: &str) -> bool {
        self.protected.unit(name)
    }

    /// `first` when the first process started it.
    pub fn is_process(&self, image: &DevicePath, first: bool) -> bool {
        self.protected.process(image.as_str(), first)
    }

    pub fn is_module(&self, name: &str) -> bool {
        self.protected.module(name)
    }

    /// The list names paths; what they lead to on this device counts too (`/bin/sh` leads to another shell everywhere).
    fn reason(&self, root: &Root, path: &DevicePath) -> Option<Reason<'_>> {
        self.protected.file(path.as_str()).or_else(|| {
            let leads_here =
                |exact: &str| real_path(root, &exact.into()).is_ok_and(|real| real == *path && path.as_str() != exact);
            self.protected.exact_files().find(|(exact, _)| leads_here(exact)).map(|(_, reason)| reason)
        })
    }

    /// Whoever gets a verdict against our own vault, journal or program must not get us to take them away.
    fn is_ours(&self, root: &Root, vault: &Vault, place: &Place, held: &Held) -> bool {
        let real = root.real(&place.path());
        place.folder.stat().is_ok_and(|folder| vault.owns(&folder))
            || rustix::fs::stat("/proc/self/exe").is_ok_and(|s| crate::handle::identity(&s) == held.identity())
            || self.own.iter().any(|own| real.starts_with(own))
    }
}

pub fn refusal(message: String, hint: &str) -> ReceiptOutcome {
    ReceiptOutcome::Failed { fault: Fault::new("protected", message, hint) }
}
