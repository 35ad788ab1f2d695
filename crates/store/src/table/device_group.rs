//! Device groups, in the order in which they win.
use crate::{
    error::{StoreError, taken},
    sql::{self, doc, json},
    store::{Reader, Writer},
};
use assize_domain::{group::DeviceGroup, id::GroupId};

// The default group is there from the beginning and holds SEMI_ALL until the owner chooses.
pub(crate) const TABLE: &str = "
    CREATE TABLE automation_level (state TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;
    INSERT INTO automation_level (state) VALUES ('full'), ('semi_all'), ('semi_core'), ('semi_non_temp'), ('none');
    CREATE TABLE device_group (
        id    TEXT PRIMARY KEY,
        doc   TEXT NOT NULL,
        name  TEXT NOT NULL GENERATED ALWAYS AS (doc ->> '$.name') STORED UNIQUE,
        rank  INTEGER GENERATED ALWAYS AS (doc ->> '$.rank') STORED,
        level TEXT NOT NULL GENERATED ALWAYS AS (doc ->> '$.level') STORED REFERENCES automation_level (state)
    ) STRICT;
    INSERT INTO device_group (id, doc) VALUES (
        '00000000-0000-7000-8000-000000000000',
        json_object(
            'id', '00000000-0000-7000-8000-000000000000',
            'name', 'Ungrouped devices',
            'description', 'Every device that no other group takes.',
            'level', 'semi_all',
            'rank', NULL,
            'rules', json_array(),
            'created_at', strftime('%Y-%m-%dT%H:%M:%fZ', 'now')
        )
    );
";

impl Reader {
    /// By rank; the default group last.
    pub fn groups(&self) -> Result<Vec<DeviceGroup>, StoreError> {
        let text = "SELECT doc FROM device_group ORDER BY rank IS NULL, rank, id";
        sql::all(&self.db, text, (), |row| doc("a device group", row, 0))
    }

    pub fn group(&self, id: &GroupId) -> Result<DeviceGroup, StoreError> {
        let text = "SELECT doc FROM device_group WHERE id = ?1";
        sql::first(&self.db, text, [id.as_str()], |row| doc("a device group", row, 0))?
            .ok_or_else(|| StoreError::NotFound { what: "device group", id: id.to_string() })
    }

    pub fn group_named(&self, name: &str) -> Result<Option<DeviceGroup>, StoreError> {
        let text = "SELECT doc FROM device_group WHERE name = ?1";
        sql::first(&self.db, text, [name], |row| doc("a device group", row, 0))
    }
}

impl Writer {
    pub fn insert_group(&mut self, group: &DeviceGroup) -> Result<(), StoreError> {
        let text = "INSERT INTO device_group (id, doc) VALUES (?1, ?2)";
        let inserted = self.db.prepare_cached(text)?.execute((group.id.as_str(), json(group)?));
        inserted.map(drop).map_err(|e| taken(e, "device group", &group.name))
    }

    pub fn replace_group(&mut self, group: &DeviceGroup) -> Result<(), StoreError> {
        let text = "UPDATE device_group SET doc = ?2 WHERE id = ?1";
        let changed = self.db.prepare_cached(text)?.execute((group.id.as_str(), json(group)?));
        match changed.map_err(|e| taken(e, "device group", &group.name))? {
            0 => Err(StoreError::NotFound { what: "device group", id: group.id.to_string() }),
            _ => Ok(()),
        }
    }

    /// Several at once, as when ranks move.
    pub fn replace_groups(&mut self, groups: &[DeviceGroup]) -> Result<(), StoreError> {
        groups.iter().try_for_each(|group| self.replace_group(group))
    }

    /// The default group cannot be removed; it is not found here.
    pub fn remove_group(&mut self, id: &GroupId) -> Result<(), StoreError> {
        match sql::change(&self.db, "DELETE FROM device_group WHERE id = ?1 AND rank IS NOT NULL", [id.as_str()])? {
            0 => Err(StoreError::NotFound { what: "device group that can be removed", id: id.to_string() }),
            _ => Ok(()),
        }
    }
}
