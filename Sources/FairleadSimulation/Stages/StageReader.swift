import FairleadModel
import FairleadPrograms

/// Reads a Stage from its document. Faults begin with the field.
enum StageReader {
    private static let mostItems = 100
    private static let longestText = 10_000

    /// - Throws: if the document is no Stage, or something in it is not what it must be.
    static func stage(_ document: Value) throws(FieldFault) -> Stage {
        var top = try Fields(document, at: "")
        guard try top.text("apiVersion") == "kwok.x-k8s.io/v1alpha1" else {
            throw FieldFault(message: "apiVersion: must be kwok.x-k8s.io/v1alpha1")
        }
        guard try top.text("kind") == "Stage" else { throw FieldFault(message: "kind: must be Stage") }
        var stage = Stage(name: try name(of: document))
        _ = try top.object("metadata")
        guard let specValue = try top.object("spec") else { throw FieldFault(message: "spec: is missing") }
        var spec = try Fields(specValue, at: "spec")
        try resource(&spec)
        if let selector = try spec.object("selector") { stage.selector = try Self.selector(selector) }
        stage.weight = try spec.number("weight", 0...1_000_000) ?? 1
        stage.probability = try spec.fraction("probability") ?? 1
        if let delay = try spec.object("delay") { stage.delay = try Self.delay(delay) }
        guard let next = try spec.object("next") else { throw FieldFault(message: "spec.next: is missing") }
        try Self.next(next, &stage)
        try spec.finish()
        try top.finish()
        return stage
    }

    /// The name in the metadata, which says in messages which stage is meant.
    static func name(of document: Value) throws(FieldFault) -> String {
        guard let name = document.at("metadata", "name")?.string, !name.isEmpty else {
            throw FieldFault(message: "metadata.name: is missing")
        }
        if let problem = NameRules.dns1123Subdomain(name).first {
            throw FieldFault(message: "metadata.name: \(problem)")
        }
        return name
    }

    private static func resource(_ spec: inout Fields) throws(FieldFault) {
        guard let value = try spec.object("resourceRef") else {
            throw FieldFault(message: "spec.resourceRef: is missing")
        }
        var fields = try Fields(value, at: "spec.resourceRef")
        guard try fields.text("apiGroup") ?? "v1" == "v1" else {
            throw FieldFault(message: "spec.resourceRef.apiGroup: must be v1")
        }
        guard try fields.text("kind") == "Pod" else {
            throw FieldFault(message: "spec.resourceRef.kind: must be Pod; other kinds have no stages")
        }
        try fields.finish()
    }

    private static func texts(_ fields: inout Fields, _ field: String) throws(FieldFault) -> [String: String] {
        var result: [String: String] = [:]
        for (key, value) in try fields.object(field)?.object ?? [:] {
            guard let text = value.string else {
                throw FieldFault(message: "\(fields.name(field)).\(key): must be a text")
            }
            result[key] = text
        }
        return result
    }

    private static func path(_ fields: inout Fields, _ field: String) throws(FieldFault) -> StagePath? {
        guard let text = try fields.text(field) else { return nil }
        do throws(FieldFault) {
            return try StagePath(text)
        } catch {
            throw FieldFault(message: "\(fields.name(field)): \(error.message)")
        }
    }

    private static func selector(_ value: Value) throws(FieldFault) -> StageSelector {
        var fields = try Fields(value, at: "spec.selector")
        var selector = StageSelector()
        selector.labels = try texts(&fields, "matchLabels")
        selector.annotations = try texts(&fields, "matchAnnotations")
        for (index, item) in try fields.list("matchExpressions", limit: mostItems).enumerated() {
            selector.requirements.append(try requirement(item, at: "spec.selector.matchExpressions[\(index)]"))
        }
        try fields.finish()
        return selector
    }

    private static func requirement(_ value: Value, at place: String) throws(FieldFault) -> StageSelector.Requirement {
        var fields = try Fields(value, at: place)
        guard let path = try path(&fields, "key") else { throw FieldFault(message: "\(place).key: is missing") }
        guard let comparison = try fields.text("operator").flatMap({ StageSelector.Operator(rawValue: $0) }) else {
            let names = StageSelector.Operator.allCases.map(\.rawValue).joined(separator: ", ")
            throw FieldFault(message: "\(place).operator: must be one of \(names)")
        }
        let list = try fields.list("values", limit: mostItems)
        var values: Set<String> = []
        for (index, item) in list.enumerated() {
            guard let text = StagePath.text(of: item) else {
                throw FieldFault(message: "\(place).values[\(index)]: must be a text, a number or a truth value")
            }
            values.insert(text)
        }
        let wantsValues = comparison == .isIn || comparison == .notIn
        if values.isEmpty == wantsValues {
            let problem = wantsValues ? "is missing" : "must be left out with \(comparison.rawValue)"
            throw FieldFault(message: "\(place).values: \(problem)")
        }
        try fields.finish()
        return StageSelector.Requirement(path: path, comparison: comparison, values: values)
    }

    private static func delay(_ value: Value) throws(FieldFault) -> Stage.Delay {
        var fields = try Fields(value, at: "spec.delay")
        func length(_ field: String) throws(FieldFault) -> Duration? {
            let number = try fields.number(field, 0...Stage.Delay.longestMilliseconds)
            return number.map { .seconds(saturating: Double($0) / 1000) }
        }
        func source(_ field: String) throws(FieldFault) -> StagePath? {
            guard let value = try fields.object(field) else { return nil }
            var inner = try Fields(value, at: "spec.delay.\(field)")
            guard let path = try path(&inner, "expressionFrom") else {
                throw FieldFault(message: "spec.delay.\(field).expressionFrom: is missing")
            }
            try inner.finish()
            return path
        }
        var delay = Stage.Delay()
        delay.least = try length("durationMilliseconds") ?? .zero
        delay.most = try length("jitterDurationMilliseconds")
        if let most = delay.most, most < delay.least {
            throw FieldFault(
                message: "spec.delay.jitterDurationMilliseconds: must not be less than durationMilliseconds: "
                    + "the wait has a length between the two")
        }
        delay.leastFrom = try source("durationFrom")
        delay.mostFrom = try source("jitterDurationFrom")
        try fields.finish()
        return delay
    }

    // MARK: - what changes

    private static func next(_ value: Value, _ stage: inout Stage) throws(FieldFault) {
        var fields = try Fields(value, at: "spec.next")
        for field in ["statusTemplate", "patches"] where value[field] != nil {
            throw FieldFault(
                message: "spec.next.\(field): templates cannot be read; spec.next.status takes their place")
        }
        if let text = try fields.text("step") {
            guard let step = Stage.Step(rawValue: text) else {
                let names = Stage.Step.allCases.map(\.rawValue).joined(separator: ", ")
                throw FieldFault(message: "spec.next.step: must be one of \(names)")
            }
            stage.step = step
            if value.object?.count != 1 { throw FieldFault(message: "spec.next.step: must stand alone") }
            return try fields.finish()
        }
        stage.change.deletes = try fields.truth("delete") ?? false
        stage.change.isReady = try fields.truth("ready")
        if let event = try fields.object("event") { stage.change.event = try Self.event(event) }
        if let exit = try fields.object("exit") { stage.change.exit = try Self.exit(exit) }
        if let status = try fields.object("status") { try Self.status(status, &stage.change) }
        try fields.finish()
        if stage.change.end != nil, stage.change.exit != nil || stage.change.isReady != nil {
            throw FieldFault(message: "spec.next.status.phase: ends the pod, so that exit and ready have no meaning")
        }
    }

    private static func line(_ fields: inout Fields, _ field: String) throws(FieldFault) -> String? {
        guard let text = try fields.text(field) else { return nil }
        guard text.utf8.count <= longestText else {
            throw FieldFault(message: "\(fields.name(field)): must have at most \(longestText) bytes")
        }
        return text
    }

    private static func event(_ value: Value) throws(FieldFault) -> Stage.Event {
        var fields = try Fields(value, at: "spec.next.event")
        let type = try fields.text("type") ?? "Normal"
        guard type == "Normal" || type == "Warning" else {
            throw FieldFault(message: "spec.next.event.type: must be Normal or Warning")
        }
        guard let reason = try line(&fields, "reason"), !reason.isEmpty else {
            throw FieldFault(message: "spec.next.event.reason: is missing")
        }
        let event = Stage.Event(type: type, reason: reason, message: try line(&fields, "message") ?? "")
        try fields.finish()
        return event
    }

    private static func exit(_ value: Value) throws(FieldFault) -> Stage.Exit {
        var fields = try Fields(value, at: "spec.next.exit")
        var exit = Stage.Exit()
        exit.container = try line(&fields, "container") ?? "*"
        exit.code = Int64(try fields.number("exitCode", 0...255) ?? 0)
        exit.reason = try line(&fields, "reason")
        exit.message = try line(&fields, "message")
        try fields.finish()
        return exit
    }

    private static func status(_ value: Value, _ change: inout Stage.Change) throws(FieldFault) {
        var fields = try Fields(value, at: "spec.next.status")
        let phase = try fields.text("phase")
        let reason = try line(&fields, "reason")
        let message = try line(&fields, "message")
        if let phase {
            guard phase == "Failed" || phase == "Succeeded" else {
                throw FieldFault(
                    message:
                        "spec.next.status.phase: must be Failed or Succeeded; the others follow from the containers")
            }
            change.end = Stage.End(hasSucceeded: phase == "Succeeded", reason: reason, message: message)
        } else if reason != nil || message != nil {
            throw FieldFault(message: "spec.next.status.\(reason == nil ? "message" : "reason"): needs phase")
        }
        for (index, item) in try fields.list("conditions", limit: mostItems).enumerated() {
            change.conditions.append(try condition(item, at: "spec.next.status.conditions[\(index)]"))
        }
        try fields.finish()
    }

    private static func condition(_ value: Value, at place: String) throws(FieldFault) -> Stage.Condition {
        var fields = try Fields(value, at: place)
        guard let type = try line(&fields, "type"), !type.isEmpty, type != Stage.conditionType else {
            throw FieldFault(message: "\(place).type: must name a condition other than \(Stage.conditionType)")
        }
        guard let status = try fields.text("status"), ["True", "False", "Unknown"].contains(status) else {
            throw FieldFault(message: "\(place).status: must be \"True\", \"False\" or \"Unknown\"")
        }
        let condition = Stage.Condition(
            type: type, status: status, reason: try line(&fields, "reason"), message: try line(&fields, "message"))
        try fields.finish()
        return condition
    }
}
