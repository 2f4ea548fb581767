package import FairleadModel

/// A change of one object: added (`old` is nil), modified, or deleted (`new` is nil, and `old` is the last known
/// version). At least one of them is set.
package struct ObjectChange: Sendable {
    package var old: StoredObject?
    package var new: StoredObject?

    package init(old: StoredObject?, new: StoredObject?) {
        self.old = old
        self.new = new
    }

    /// The version to use when it does not matter which.
    package var latest: StoredObject? { new ?? old }
    package var name: ObjectName { latest?.objectName ?? ObjectName(namespace: "", name: "") }
    package var isDeletion: Bool { new == nil }
    package var isAddition: Bool { old == nil }
}
