package import FairleadModel

/// What happened to one object: added (`old` nil), changed, or deleted (`new` nil; `old` is then the final version that
/// is known). At least one of them is set.
package struct ObjectChange: Sendable {
    package var old: StoredObject?
    package var new: StoredObject?

    package init(old: StoredObject?, new: StoredObject?) {
        self.old = old
        self.new = new
    }

    /// The version to look at when it does not matter which.
    package var latest: StoredObject? { new ?? old }
    package var name: ObjectName { latest?.objectName ?? ObjectName(namespace: "", name: "") }
    package var isDeletion: Bool { new == nil }
    package var isAddition: Bool { old == nil }
}
