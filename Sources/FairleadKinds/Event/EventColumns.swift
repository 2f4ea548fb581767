import FairleadModel

extension TablePrinter {
    /// For both groups.
    static let events = TablePrinter([
        TableColumn("Last Seen", "The time at which the most recent occurrence of this event was recorded."),
        TableColumn("Type", "Type of this event (Normal, Warning), new types could be added in the future"),
        TableColumn(
            "Reason",
            """
            This should be a short, machine understandable string that gives the reason for the transition into the \
            object's current status.
            """),
        TableColumn("Object", "The object that this event is about."),
        TableColumn(
            "Subobject",
            """
            If referring to a piece of an object instead of an entire object, this string should contain a valid \
            JSON/Go field access statement, such as desiredState.manifest.containers[2]. For example, if the object \
            reference is to a container within a pod, this would take on a value like: "spec.containers{name}" (where \
            "name" refers to the name of the container that triggered the event) or if no container name is specified \
            "spec.containers[2]" (container with index 2 in this pod). This syntax is chosen only to have some \
            well-defined way of referencing a part of an object.
            """, wide: true),
        TableColumn(
            "Source",
            "The component reporting this event. Should be a short machine understandable string.", wide: true),
        TableColumn("Message", "A human-readable description of the status of this operation."),
        TableColumn(
            "First Seen",
            "The time at which the event was first recorded. (Time of server receipt is in TypeMeta.)", wide: true),
        TableColumn("Count", "The number of times this event has occurred.", wide: true),
        TableColumn("Name", Descriptions.name, format: "name", wide: true),
    ]) { subject in
        let event = EventReading(subject)
        return [
            .string(event.lastSeen), subject.text("type"), subject.text("reason"), .string(event.target),
            .string(event.fieldPath), .string(event.source), .string(event.message), .string(event.firstSeen),
            .int(event.count), subject.name,
        ]
    }
}

/// An Event of either group: events.k8s.io keeps the older fields under other names.
private struct EventReading {
    let subject: TableSubject

    init(_ subject: TableSubject) { self.subject = subject }

    private var involved: Value { subject["involvedObject"] ?? subject["regarding"] ?? .null }

    var target: String {
        let kind = involved.kind.lowercased()
        let name = involved["name"]?.string ?? ""
        return name.isEmpty ? kind : "\(kind)/\(name)"
    }

    var fieldPath: String { involved["fieldPath"]?.string ?? "" }

    var message: String {
        let text = subject["message"]?.string ?? subject["note"]?.string ?? ""
        let trimmed = text.drop(while: \.isWhitespace)
        return String(trimmed.prefix(trimmed.count - trimmed.reversed().prefix(while: \.isWhitespace).count))
    }

    var source: String {
        let source = subject["source"] ?? subject["deprecatedSource"] ?? .null
        let component = first(source["component"], subject["reportingComponent"], subject["reportingController"])
        let instance = first(source["host"], subject["reportingInstance"])
        return instance.isEmpty ? component : "\(component), \(instance)"
    }

    var firstSeen: String {
        let first = present("firstTimestamp") ?? present("deprecatedFirstTimestamp")
        return subject.age(of: first ?? subject["eventTime"])
    }

    var lastSeen: String {
        if let series = subject["series"], !series.isNull { return subject.age(of: series["lastObservedTime"]) }
        guard let last = present("lastTimestamp") ?? present("deprecatedLastTimestamp") else { return firstSeen }
        return subject.age(of: last)
    }

    var count: Int64 {
        if let series = subject["series"], !series.isNull { return series["count"]?.int ?? 0 }
        let count = subject["count"]?.int ?? subject["deprecatedCount"]?.int ?? 0
        return count == 0 ? 1 : count
    }

    private func present(_ field: String) -> Value? {
        guard let value = subject[field], value.string != nil else { return nil }
        return value
    }

    private func first(_ candidates: Value?...) -> String {
        for candidate in candidates {
            if let text = candidate?.string, !text.isEmpty { return text }
        }
        return ""
    }
}
