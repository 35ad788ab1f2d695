//! Rules and watched hashes this device was given: kept in its state folder, compiled once, compared by hash afterwards.
use assize_detect::{cache::Cache, rules::Rules};
use assize_domain::{
    device::RuleFault,
    order::Fault,
    question::{DevicePolicy, RuleFile, RuleKind},
};
use std::{
    collections::HashSet,
    fs,
    io::{self, Write},
    os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

/// The policy in force, ready for use.
pub(crate) struct InForce {
    pub(crate) rules: Rules,
    pub(crate) watched: HashSet<String>,
    pub(crate) faults: Vec<RuleFault>,
    version: Option<String>,
}

/// `rules/` in a device's state folder.
pub(crate) struct Shelf {
    folder: PathBuf,
    in_force: Mutex<Option<Arc<InForce>>>,
}

impl Shelf {
    pub(crate) fn open(state: &Path) -> Self {
        Self { folder: state.join("rules"), in_force: Mutex::default() }
    }

    /// Takes a policy over; the last one stays in force when this one cannot be kept.
    pub(crate) fn take(&self, policy: &DevicePolicy) -> Result<Vec<RuleFault>, Fault> {
        let mut in_force = self.in_force.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = in_force.as_ref().filter(|k| k.version.as_ref() == Some(&policy.version)) {
            return Ok(known.faults.clone());
        }
        self.keep(policy).map_err(|e| {
            let message = format!("The rules could not be kept in {}: {e}.", self.folder.display());
            Fault::new("rules_not_kept", message, "The rules used so far stay in force. See whether the disk is full.")
        })?;
        let made = Arc::new(self.make(Some(policy)));
        *in_force = Some(Arc::clone(&made));
        Ok(made.faults.clone())
    }

    /// What is in force; after a start, the policy that was given last.
    pub(crate) fn in_force(&self) -> Arc<InForce> {
        let mut in_force = self.in_force.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(in_force.get_or_insert_with(|| {
            let kept = fs::read(self.policy_path()).ok().and_then(|bytes| serde_json::from_slice(&bytes).ok());
            Arc::new(self.make(kept.as_ref()))
        }))
    }

    /// What a person protected, by the policy that was given last.
    pub(crate) fn protected(&self) -> Vec<String> {
        let kept = fs::read(self.policy_path()).ok().and_then(|bytes| serde_json::from_slice(&bytes).ok());
        kept.map(|policy: DevicePolicy| policy.protected).unwrap_or_default()
    }

    /// What kept copies may take, by the policy that was given last.
    pub(crate) fn vault_cap(&self) -> Option<u64> {
        let kept = fs::read(self.policy_path()).ok().and_then(|bytes| serde_json::from_slice(&bytes).ok());
        kept.and_then(|policy: DevicePolicy| policy.vault_cap).map(|cap| cap.0)
    }

    /// Contents that a person allowed to be run, by the policy that was given last.
    pub(crate) fn allowed(&self) -> HashSet<String> {
        let kept = fs::read(self.policy_path()).ok().and_then(|bytes| serde_json::from_slice(&bytes).ok());
        kept.map(|policy: DevicePolicy| policy.allowed_hashes.into_iter().collect()).unwrap_or_default()
    }

    fn make(&self, policy: Option<&DevicePolicy>) -> InForce {
        let cache = self.cache();
        let (rules, faults) = Rules::compile(policy.map_or(&[], |p| &p.rules), cache.as_ref());
        let watched = policy.map(|p| p.watched_hashes.iter().cloned().collect()).unwrap_or_default();
        InForce { rules, watched, faults, version: policy.map(|p| p.version.clone()) }
    }

    /// Without a key of its own nothing is cached: rules are compiled each time, and nothing else changes.
    fn cache(&self) -> Option<Cache> {
        self.own_folder().ok()?;
        let key = self.key().ok()?;
        Some(Cache::new(self.folder.clone(), key))
    }

    /// The folder, for its owner alone: whoever could write here could have code run.
    fn own_folder(&self) -> io::Result<()> {
        fs::DirBuilder::new().recursive(true).mode(0o700).create(&self.folder)?;
        let facts = fs::symlink_metadata(&self.folder)?;
        if facts.is_dir() && facts.mode() & 0o022 == 0 { Ok(()) } else { Err(io::ErrorKind::PermissionDenied.into()) }
    }

    fn key(&self) -> io::Result<[u8; 32]> {
        let path = self.folder.join("key");
        match self.read_key(&path) {
            Ok(key) => Ok(key),
            Err(_) => {
                let mut key = [0; 32];
                getrandom::fill(&mut key).map_err(io::Error::other)?;
                write_own(&path, &key)?;
                // Another process may have been faster: its key is as good, and the file decides.
                self.read_key(&path)
            }
        }
    }

    fn read_key(&self, path: &Path) -> io::Result<[u8; 32]> {
        let facts = fs::symlink_metadata(path)?;
        if !facts.is_file() || facts.mode() & 0o077 != 0 {
            return Err(io::ErrorKind::PermissionDenied.into());
        }
        fs::read(path)?.try_into().map_err(|_| io::ErrorKind::InvalidData.into())
    }

    fn keep(&self, policy: &DevicePolicy) -> io::Result<()> {
        self.own_folder()?;
        write_own(&self.policy_path(), &serde_json::to_vec(policy)?)
    }

    fn policy_path(&self) -> PathBuf {
        self.folder.join("policy.json")
    }
}

/// Is one rule file sound? How many rules it holds, or why not.
pub(crate) fn check(file: &RuleFile) -> Result<u32, String> {
    let (rules, faults) = Rules::compile_only(std::slice::from_ref(file), None);
    if let Some(fault) = faults.into_iter().next() {
        return Err(fault.error);
    }
    let count = match file.kind {
        RuleKind::Yara => rules.added_rule_count(),
        RuleKind::ClamavHdb | RuleKind::ClamavHsb => rules.signature_count(),
    };
    if count == 0 { Err("it holds no rule".into()) } else { Ok(u32::try_from(count).unwrap_or(u32::MAX)) }
}

/// Written under another name first, so that nobody ever reads half of it.
fn write_own(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let draft = path.with_extension(format!("{}.draft", std::process::id()));
    let mut options = fs::OpenOptions::new();
    let mut file = options.write(true).create(true).truncate(true).mode(0o600).open(&draft)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(&draft, path)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    fn policy(version: &str, body: &str) -> DevicePolicy {
        let rules = vec![RuleFile { name: "a.yar".into(), kind: RuleKind::Yara, body: body.into() }];
        DevicePolicy { version: version.into(), rules, watched_hashes: vec!["ab".into()], ..DevicePolicy::default() }
    }

    #[test]
    fn a_policy_outlives_the_program() {
        let state = tempfile::tempdir().unwrap();
        let shelf = Shelf::open(state.path());
        assert_eq!(shelf.take(&policy("1", "rule a { condition: true } rule")).unwrap().len(), 1);
        let again = Shelf::open(state.path()).in_force();
        assert_eq!(again.rules.added_rule_count(), 1);
        assert_eq!(again.faults.len(), 1, "what was refused is still told");
        assert!(again.watched.contains("ab"));
    }

    #[test]
    fn a_new_version_replaces_the_old_one() {
        let state = tempfile::tempdir().unwrap();
        let shelf = Shelf::open(state.path());
        shelf.take(&policy("1", "rule a { condition: true }")).unwrap();
        shelf.take(&policy("2", "rule a { condition: true } rule b { condition: true }")).unwrap();
        assert_eq!(shelf.in_force().rules.added_rule_count(), 2);
    }

    #[test]
    fn a_key_that_others_can_read_is_not_used_again() {
        let state = tempfile::tempdir().unwrap();
        let shelf = Shelf::open(state.path());
        shelf.own_folder().unwrap();
        let first = shelf.key().unwrap();
        assert_eq!(shelf.key().unwrap(), first);
        let path = state.path().join("rules/key");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        assert_ne!(shelf.key().unwrap(), first);
    }

    #[test]
    fn a_folder_that_others_can_write_to_holds_no_cache() {
        let state = tempfile::tempdir().unwrap();
        let shelf = Shelf::open(state.path());
        shelf.own_folder().unwrap();
        fs::set_permissions(state.path().join("rules"), fs::Permissions::from_mode(0o777)).unwrap();
        assert!(shelf.cache().is_none());
        assert!(shelf.in_force().rules.rule_count() > 0, "and the rules still work");
    }

    #[test]
    fn a_rule_file_is_sound_or_says_why_not() {
        let file = |kind, body: &str| RuleFile { name: "x".into(), kind, body: body.into() };
        assert_eq!(check(&file(RuleKind::Yara, "rule a { condition: true } rule b { condition: true }")), Ok(2));
        assert!(check(&file(RuleKind::Yara, "rule a { condition: x }")).unwrap_err().contains("line 1"));
        assert!(check(&file(RuleKind::Yara, "// nothing")).is_err());
        let md5 = "900150983cd24fb0d6963f7d28e17f72:3:Abc";
        assert_eq!(check(&file(RuleKind::ClamavHdb, md5)), Ok(1));
    }
}
