package import FairleadModel

/// Events are stored once and served under two APIs whose fields have different names: the core API's (as stored) and
/// that of events.k8s.io.
///
/// Reference: k8s.io/kubernetes `pkg/apis/events/v1/conversion.go`.
package enum EventConversion {
    private static let names: [(events: String, core: String)] = [
        ("note", "message"), ("regarding", "involvedObject"), ("deprecatedSource", "source"),
        ("deprecatedFirstTimestamp", "firstTimestamp"), ("deprecatedLastTimestamp", "lastTimestamp"),
        ("deprecatedCount", "count"), ("reportingController", "reportingComponent"),
    ]

    /// A core Event in its events.k8s.io/v1 form.
    package static func toEvents(_ event: Value) -> Value {
        var result = event
        for name in names {
            result[name.core] = nil
            result[name.events] = event[name.core]
        }
        result["apiVersion"] = "events.k8s.io/v1"
        for name in ["reportingController", "reportingInstance", "note"] where result.text(name).isEmpty {
            result[name] = nil
        }
        if result.number("deprecatedCount") == 0 { result["deprecatedCount"] = nil }
        for name in ["eventTime", "deprecatedFirstTimestamp", "deprecatedLastTimestamp"] {
            result.setDefault(name, .null)
        }
        for name in ["regarding", "deprecatedSource"] { result.setDefault(name, .object(Object())) }
        return result
    }

    /// An events.k8s.io/v1 Event in its core form.
    package static func toCore(_ event: Value) -> Value {
        var result = event
        for name in names {
            result[name.events] = nil
            result[name.core] = event[name.events]
        }
        result["apiVersion"] = "v1"
        for name in ["reportingComponent", "reportingInstance"] { result.setDefault(name, "") }
        for name in ["eventTime", "firstTimestamp", "lastTimestamp"] { result.setDefault(name, .null) }
        for name in ["involvedObject", "source"] { result.setDefault(name, .object(Object())) }
        return result
    }
}

extension Kind {
    /// Whether the kind is stored as core/v1 Event and shown as events.k8s.io/v1 Event.
    package var convertsEvents: Bool { info.gvr.group == "events.k8s.io" && info.gvr.resource == "events" }
}

extension Kind.Conversion {
    static let events = Kind.Conversion(
        storedType: "io.k8s.api.core.v1.Event", storedAPIVersion: "v1", fromStored: EventConversion.toEvents,
        toStored: EventConversion.toCore)
}
