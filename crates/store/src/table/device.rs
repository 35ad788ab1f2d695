//! Devices.
use crate::{
    error::{StoreError, taken},
    sql::{self, doc, json},
    store::{Reader, Writer},
};
use assize_domain::{group::Device, id::DeviceId};

pub(crate) const TABLE: &str = "
    CREATE TABLE device (
        id         TEXT PRIMARY KEY,
        doc        TEXT NOT NULL,
        created_at INTEGER NOT NULL,
        name       TEXT NOT NULL GENERATED ALWAYS AS (doc ->> '$.name') STORED UNIQUE,
        kind       TEXT NOT NULL GENERATED ALWAYS AS (doc ->> '$.kind.kind') STORED
    ) STRICT;
";

impl Reader {
    /// All of them, oldest first.
    pub fn devices(&self) -> Result<Vec<Device>, StoreError> {
        sql::all(&self.db, "SELECT doc FROM device ORDER BY created_at, id", (), |row| doc("a device", row, 0))
    }

    pub fn device(&self, id: &DeviceId) -> Result<Device, StoreError> {
        sql::first(&self.db, "SELECT doc FROM device WHERE id = ?1", [id.as_str()], |row| doc("a device", row, 0))?
            .ok_or_else(|| StoreError::NotFound { what: "device", id: id.to_string() })
    }

    pub fn device_named(&self, name: &str) -> Result<Option<Device>, StoreError> {
        sql::first(&self.db, "SELECT doc FROM device WHERE name = ?1", [name], |row| doc("a device", row, 0))
    }
}

impl Writer {
    pub fn insert_device(&mut self, device: &Device) -> Result<(), StoreError> {
        let text = "INSERT INTO device (id, doc, created_at) VALUES (?1, ?2, ?3)";
        let params = (device.id.as_str(), json(device)?, device.created_at.0);
        let inserted = self.db.prepare_cached(text)?.execute(params);
        inserted.map(drop).map_err(|e| taken(e, "device", &device.name))
    }

    /// New tags, a new version of its system. Its name in rows of lists stays what it was.
    pub fn replace_device(&mut self, device: &Device) -> Result<(), StoreError> {
        let text = "UPDATE device SET doc = ?2 WHERE id = ?1";
        match sql::change(&self.db, text, (device.id.as_str(), json(device)?))? {
            0 => Err(StoreError::NotFound { what: "device", id: device.id.to_string() }),
            _ => Ok(()),
        }
    }

    /// Removes a device with everything that is only about it. Its records stay.
    pub fn remove_device(&mut self, id: &DeviceId) -> Result<(), StoreError> {
        let text = "SELECT incident_id FROM alert WHERE device_id = ?1
                    UNION SELECT incident_id FROM investigation WHERE device_id = ?1 AND incident_id IS NOT NULL";
        let incidents = sql::all(&self.db, text, [id.as_str()], |row| Ok(row.get::<_, String>(0)?))?;
        // In the order of the references, so that nothing ever points at what is gone.
        const STEPS: [&str; 8] = [
            "DELETE FROM rule_use WHERE device_id = ?1",
            "DELETE FROM held WHERE action_id IN (SELECT id FROM action WHERE device_id = ?1)",
            "DELETE FROM action_doc WHERE seq IN (SELECT seq FROM action WHERE device_id = ?1)",
            "DELETE FROM action WHERE device_id = ?1",
            "DELETE FROM evidence WHERE device_id = ?1",
            "DELETE FROM examined WHERE device_id = ?1",
            "DELETE FROM alert WHERE device_id = ?1",
            "DELETE FROM investigation WHERE device_id = ?1",
        ];
        for step in STEPS {
            sql::change(&self.db, step, [id.as_str()])?;
        }
        let emptied = "DELETE FROM incident WHERE id = ?1
             AND NOT EXISTS (SELECT 1 FROM alert WHERE alert.incident_id = ?1)
             AND NOT EXISTS (SELECT 1 FROM investigation WHERE investigation.incident_id = ?1)
             AND NOT EXISTS (SELECT 1 FROM evidence WHERE evidence.incident_id = ?1)
             AND NOT EXISTS (SELECT 1 FROM action WHERE action.incident_id = ?1)";
        for incident in incidents {
            sql::change(&self.db, emptied, [incident])?;
        }
        self.change_number()?;
        match sql::change(&self.db, "DELETE FROM device WHERE id = ?1", [id.as_str()])? {
            0 => Err(StoreError::NotFound { what: "device", id: id.to_string() }),
            _ => Ok(()),
        }
    }
}
