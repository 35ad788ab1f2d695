//! The collection is whole, or the run says that it is not there.

use assize_tests::{places, skip};

#[test]
fn every_listed_file_of_the_collection_is_there() {
    let Some(list) = places::collection("MANIFEST.tsv") else {
        return skip::whole("no collection of test data (ASSIZE_TEST_DATA)");
    };
    let text = std::fs::read_to_string(&list).expect("the list is readable");
    let paths = text.lines().filter_map(|line| line.split('\t').next()).filter(|path| path.contains('/'));
    let absent: Vec<&str> = paths.filter(|path| places::collection(path).is_none()).collect();
    assert!(absent.is_empty(), "listed and not there: {absent:?}");
}
