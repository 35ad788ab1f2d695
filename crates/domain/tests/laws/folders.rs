//! The lists as data that an owner edits.
use assize_domain::{
    folders::{FolderList, FolderLists, FolderRefusal, Pattern, Preset},
    group::OsPlatform,
    location::{LocationClass, classify},
};

/// M12: every folder of the documented lists is there.
#[test]
fn the_documented_folders_ship() {
    let lists = FolderLists::shipped();
    let has =
        |rows: &[assize_domain::folders::Folder], pattern: &str| rows.iter().any(|r| r.pattern.as_str() == pattern);
    for core in [r"\windows\*", r"\program files\*", r"\program files (x86)\*"] {
        assert!(has(&lists.windows.core, core), "{core}");
    }
    for temp in [
        r"\users\*\appdata\local\temp\*",
        r"\users\*\downloads\*",
        r"\windows\temp\*",
        r"\documents and settings\*\local settings\temp\*",
        r"\documents and settings\*\local settings\temporary\*",
        r"\documents and settings\*\users\*",
        "\\program files\\",
        r"\program files (x86)\*",
    ] {
        assert!(has(&lists.windows.temp, temp), "{temp}");
    }
    assert_eq!(lists.preset, Preset::Documented);
}

/// M12: the strict preset drops the three rows of spec 2.4 and no other.
#[test]
fn the_strict_preset_drops_what_contradicts_the_core_list() {
    let strict = FolderLists::shipped().with_preset(Preset::Strict);
    let class = |path| classify(path, OsPlatform::Windows, &strict).class;
    assert_eq!(class(r"C:\Program Files\a.exe"), LocationClass::Core);
    assert_eq!(class(r"C:\Program Files (x86)\a.exe"), LocationClass::Core);
    assert_eq!(class(r"C:\Documents and Settings\ann\users\a.exe"), LocationClass::Other);
    assert_eq!(class(r"C:\Windows\Temp\a.exe"), LocationClass::Both);
    assert_eq!(class(r"C:\Users\ann\Downloads\a.exe"), LocationClass::Temp);
    assert_eq!(class(r"C:\Documents and Settings\ann\Local Settings\Temp\a.exe"), LocationClass::Temp);
}

/// M13: an edit is a new version; the old one stays as it was.
#[test]
fn an_edit_makes_a_new_version_and_can_be_taken_back() {
    let shipped = FolderLists::shipped();
    let linux = OsPlatform::Linux;
    let class = |lists: &FolderLists| classify("/srv/scratch/x", linux, lists).class;
    let added = shipped.with_pattern_added(linux, FolderList::Temp, "/srv/scratch/**").unwrap();
    assert_eq!((added.version, class(&added)), (shipped.version + 1, LocationClass::Temp));
    assert_eq!(class(shipped), LocationClass::Other);
    let again = added.with_pattern_added(linux, FolderList::Temp, "/srv/scratch/");
    assert_eq!(again, Err(FolderRefusal::AlreadyThere { pattern: "/srv/scratch/".into() }));
    let removed = added.with_pattern_removed(linux, FolderList::Temp, "/srv/scratch/**").unwrap();
    assert_eq!((removed.version, class(&removed)), (shipped.version + 2, LocationClass::Other));
    let missing = removed.with_pattern_removed(linux, FolderList::Temp, "/srv/scratch/**");
    assert_eq!(missing, Err(FolderRefusal::NotThere { pattern: "/srv/scratch/**".into() }));
    let stored = serde_json::to_string(&added).unwrap();
    assert_eq!(serde_json::from_str::<FolderLists>(&stored).unwrap(), added, "as stored, so read");
}

/// M13
#[test]
fn an_optional_folder_counts_once_it_is_switched_on() {
    let shipped = FolderLists::shipped();
    let class = |lists: &FolderLists| classify("/opt/homebrew/bin/x", OsPlatform::Macos, lists).class;
    let on = shipped.with_pattern_switched(OsPlatform::Macos, FolderList::Core, "/opt/homebrew/**", true).unwrap();
    assert_eq!((class(shipped), class(&on)), (LocationClass::Other, LocationClass::Core));
}

/// M13: what could not be matched, or would match everything, is refused when it is entered.
#[test]
fn a_wildcard_in_the_wrong_place_is_refused() {
    for fine in ["/srv/a", "/srv/*/a/**", "~/x/**", "/lib*/**", r"\users\*\x\*", r"\data"] {
        assert!(Pattern::parse(fine).is_ok(), "{fine}");
    }
    for wrong in [
        "",
        "srv",
        "/",
        "/**",
        "~/**",
        "/*/**",
        r"\*",
        "C:\\x",
        r"\\srv\x",
        "/a*b/c",
        "/*a/c",
        "/a/**/b",
        "/a?/b",
        "/a/../b",
        "%TEMP%\\x",
        "$HOME/x",
    ] {
        assert!(Pattern::parse(wrong).is_err(), "{wrong}");
    }
    let lists = FolderLists::shipped();
    let crossed = lists.with_pattern_added(OsPlatform::Linux, FolderList::Core, r"\windows\*");
    assert_eq!(crossed, Err(FolderRefusal::NotAFolder), "a Windows folder is none on Linux");
}
