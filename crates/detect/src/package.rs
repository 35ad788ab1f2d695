//! A package that vouches for its file, or no longer does.
use crate::hashes::Hashes;
use assize_domain::{
    text::visible,
    verdict::{Finding, FindingSource, Weight},
};

/// What the device's package records say about a file.
#[derive(Clone, Copy, Debug)]
pub struct Installed<'a> {
    pub package: &'a str,
    pub md5: Option<&'a str>,
    pub sha256: Option<&'a str>,
    /// A settings file, which people may change.
    pub conffile: bool,
}

/// The package as a witness. None where it cannot say: it recorded no checksum, or the file is one that people change.
pub fn finding(installed: &Installed<'_>, hashes: &Hashes, program: bool) -> Option<Finding> {
    let package = visible(installed.package);
    let said = |weight, text| {
        Finding::new(FindingSource::PackageDatabase, weight, text).rule("package-checksum").author("Package database")
    };
    let same = match (installed.sha256, installed.md5) {
        (Some(sha256), _) => sha256.eq_ignore_ascii_case(&hashes.sha256),
        (None, Some(md5)) => md5.eq_ignore_ascii_case(&hashes.md5),
        (None, None) => return None,
    };
    if same {
        return Some(said(Weight::Good, format!("The package {package} installed this file, and it is unchanged.")));
    }
    // Data files of packages are rewritten by their own tools; a program is not.
    (program && !installed.conffile).then(|| {
        said(Weight::Odd, format!("This program is no longer the one that the package {package} installed here."))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_package_vouches_for_what_it_installed_unchanged() {
        let hashes = Hashes::of(&b"abc"[..]).unwrap();
        let installed = |md5, conffile| Installed { package: "abc", md5, sha256: None, conffile };
        let weight = |i: &Installed<'_>, program| finding(i, &hashes, program).map(|f| f.weight);
        let (right, wrong) = ("900150983CD24FB0D6963F7D28E17F72", "00000000000000000000000000000000");
        assert_eq!(weight(&installed(Some(right), false), true), Some(Weight::Good));
        assert_eq!(weight(&installed(Some(wrong), false), true), Some(Weight::Odd));
        assert_eq!(weight(&installed(Some(wrong), true), true), None, "people may change settings");
        assert_eq!(weight(&installed(Some(wrong), false), false), None, "a data file may change");
        assert_eq!(weight(&installed(None, false), true), None, "no checksum was recorded");
    }
}
