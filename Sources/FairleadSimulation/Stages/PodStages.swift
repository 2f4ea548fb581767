import FairleadModel
package import FairleadPrograms

/// The stages that users say pods have (`--stages DIR`); docs/stages.md has the format.
///
/// Pure: what it decides depends on the pod, on what is remembered of it, and on the time. Chance comes from the pod's
/// UID, so that a pod has the same fate after a restart of the server.
package struct PodStages: Sendable {
    /// A file with Stages.
    package struct Source: Sendable {
        package var name: String
        package var text: String

        package init(name: String, text: String) {
            self.name = name
            self.text = text
        }
    }

    package static let largestFile = 1 << 20
    private static let mostStages = 1000

    private let steps: [Stage]
    /// Those that change something.
    let changes: [Stage]

    /// No stages but the built-in ones.
    package init() {
        steps = []
        changes = []
    }

    /// - Throws: what is wrong first, with the file, the stage and the field.
    package init(_ sources: [Source]) throws(FieldFault) {
        var stages: [Stage] = []
        var places: [String: String] = [:]
        for source in sources {
            for document in try StageDocuments.read(source) {
                let stage: Stage
                do throws(FieldFault) {
                    stage = try StageReader.stage(document.value)
                } catch {
                    throw document.fault(error.message)
                }
                if let other = places.updateValue(source.name, forKey: stage.name) {
                    throw document.fault("metadata.name: there is one of this name in \(other)")
                }
                stages.append(stage)
                guard stages.count <= Self.mostStages else {
                    throw FieldFault(message: "\(source.name): there must be at most \(Self.mostStages) stages")
                }
            }
        }
        steps = stages.filter { $0.step != nil }
        changes = stages.filter { $0.step == nil }
    }

    package var count: Int { steps.count + changes.count }

    // MARK: - the built-in life

    /// How long the built-in waits are for a pod.
    func delays(of pod: Value, _ base: StageDelays) -> StageDelays {
        if steps.isEmpty { return base }
        var delays = base
        for step in Stage.Step.allCases {
            let round = step.rawValue
            let matching = steps.filter { $0.step == step && $0.selector.matches(pod) }
            guard let stage = choose(among: matching, for: pod, round) else { continue }
            delays[step] = stage.delay.length(for: pod, chance: chance(pod, stage.name, round, .length))
        }
        return delays
    }

    // MARK: - stages that change something

    /// The stage that a pod is in: the last one that has changed it; nil if there is none, or no such file any more.
    func current(of pod: Value) -> Stage? {
        guard !changes.isEmpty, let name = Conditions(of: pod).reason(Stage.conditionType) else { return nil }
        return changes.first { $0.name == name }
    }

    /// What a pod waits for.
    struct Wait: Hashable, Sendable {
        /// The stages that matched when it was chosen.
        var matching: [String]
        /// When the pod came to the stage that it is in.
        var round: String
        /// nil if none of them is for this pod.
        var chosen: String?
        var since: Duration
        var length: Duration
        /// How many stages have been chosen without a pause before.
        var hurry = 0
        /// The pod has come to the stage.
        var isOver = false
    }

    /// The next stage of a pod, and how long it is until then; nil if there is none.
    ///
    /// - Parameter wait: what the pod has waited for so far; nil at first.
    func next(for pod: Value, _ wait: inout Wait?, moment: Duration) -> (stage: Stage, rest: Duration)? {
        let isOver = PodView(pod).isFinished
        // Of a pod that has ended, only the deletion is left.
        let matching = changes.filter { (!isOver || $0.change.deletes) && $0.selector.matches(pod) }
        guard !matching.isEmpty else {
            wait = nil
            return nil
        }
        let before = wait
        let names = matching.map(\.name)
        let condition = Conditions(of: pod)[Stage.conditionType]
        let round = condition.map { "\($0.text("reason")) \($0.text("lastTransitionTime"))" } ?? ""
        let isValid: Bool
        if let wait, !wait.isOver, wait.round == round {
            isValid = wait.chosen.map { names.contains($0) } ?? (wait.matching == names)
        } else {
            isValid = false
        }
        if !isValid {
            let chosen = choose(among: matching, for: pod, round)
            var length = chosen.map { $0.delay.length(for: pod, chance: chance(pod, $0.name, round, .length)) } ?? .zero
            // Stages that lead to themselves, or to each other, must not keep the machine busy.
            var hurry = 0
            if let before, moment - before.since < Self.pause { hurry = min(before.hurry + 1, Self.mostHurry) }
            if let chosen, condition?.text("reason") == chosen.name || hurry == Self.mostHurry {
                length = max(length, Self.shortestRound)
            }
            wait = Wait(
                matching: names, round: round, chosen: chosen?.name, since: moment, length: length, hurry: hurry)
        }
        guard let present = wait, let stage = matching.first(where: { $0.name == present.chosen }) else { return nil }
        return (stage, max(.zero, present.since + present.length - moment))
    }

    static let shortestRound = Duration.seconds(1)
    /// As many stages may follow each other at once, until there is a pause.
    private static let mostHurry = 16
    private static let pause = Duration.seconds(10)

    // MARK: - chance

    private enum Question: UInt64 { case isForIt = 11, which, length }

    /// From 0 to 1, without 1.
    private func chance(_ pod: Value, _ stage: String, _ round: String, _ question: Question) -> Double {
        let hash = StableIdentifier.hash("\(pod.uid)/\(stage)/\(round)", seed: question.rawValue)
        return Double(hash >> 11) / Double(1 << 53)
    }

    private func choose(among matching: [Stage], for pod: Value, _ round: String) -> Stage? {
        let stages = matching.filter { $0.probability > chance(pod, $0.name, round, .isForIt) }
        let total = stages.reduce(0) { $0 +| $1.weight }
        guard total > 0 else { return stages.first }
        var point = Int(Double(total) * chance(pod, "", round, .which))
        for stage in stages {
            if point < stage.weight { return stage }
            point = point -| stage.weight
        }
        return stages.last
    }
}
