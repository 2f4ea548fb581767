import FairleadModel

extension Kind {
    static let event = Kind(
        "Event", resource: "events", shortNames: ["ev"], package: "core.v1", storageHash: "r2yiGXH7wu8=",
        strategy: EventStrategy(isStrict: false), columns: .events)

    /// The same events in their newer form.
    static let eventsEvent = Kind(
        "Event", group: "events.k8s.io", resource: "events", shortNames: ["ev"], package: "events.v1",
        storage: GroupResource(group: "", resource: "events"), storageHash: "r2yiGXH7wu8=",
        strategy: EventStrategy(isStrict: true), columns: .events, conversion: .events)
}
