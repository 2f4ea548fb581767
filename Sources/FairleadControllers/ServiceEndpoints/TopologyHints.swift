import FairleadModel

/// Hints that keep traffic in its zone, for Services with the annotation `service.kubernetes.io/topology-mode: Auto`,
/// for one address family. Pure.
///
/// Every zone gets endpoints in proportion to its CPUs: its own as far as they go, then some from zones that have more
/// than their share. Slices that nothing else changes are left alone while their hints fit. If no fair allocation is
/// possible, all hints are removed. Reference: KEP-2433.
struct TopologyHints {
    static let annotations = ["service.kubernetes.io/topology-aware-hints", "service.kubernetes.io/topology-mode"]

    /// The result, reported in an event.
    enum Outcome: Equatable {
        case allocated([String: Int])
        case refused(String)
    }

    private struct Allocation {
        var minimum: Int
        var maximum: Int
        var desired: Double
    }

    static func isWanted(_ service: ServiceView) -> Bool {
        let set = service.annotations
        let mode = annotations.lazy.compactMap { set[$0] }.first
        return mode == "Auto" || mode == "auto"
    }

    /// Sets the hints of slices that are written anyway, and writes those whose hints must change.
    ///
    /// - Parameters:
    ///   - creates, updates: slices about to be written, of one family.
    ///   - unchanged: the other slices of the family that stay.
    static func apply(
        _ capacity: ZoneCapacity, creates: inout [Value], updates: inout [Value], unchanged: [Value]
    ) -> Outcome {
        let total = (creates + updates + unchanged).reduce(0) { $0 + readyCount($1) }
        let allocations: [String: Allocation]
        switch allocate(total, capacity) {
        case .success(let found): allocations = found
        case .failure(let refusal):
            remove(&creates, &updates, unchanged)
            return .refused(refusal.why)
        }
        var held: [String: Int] = [:]
        for slice in unchanged {
            guard let hints = fittingHints(slice, held, allocations) else {
                updates.append(slice)
                continue
            }
            held.merge(hints, uniquingKeysWith: +)
        }
        var isZoneMissing = false
        change(&creates, &updates) { endpoint in
            guard endpoint.flag("conditions", "ready") else {
                endpoint["hints"] = nil
                return
            }
            let zone = endpoint.text("zone")
            if zone.isEmpty { isZoneMissing = true }
            held[zone, default: 0] += 1
            hint(&endpoint, zone)
        }
        if isZoneMissing {
            remove(&creates, &updates, unchanged)
            return .refused("One or more endpoints do not have a zone specified")
        }
        redistribute(&creates, &updates, &held, allocations)
        if held.isEmpty {
            remove(&creates, &updates, unchanged)
            return .refused("No hints allocated for zones")
        }
        return .allocated(held)
    }

    private struct Refusal: Error { var why: String }

    private static func allocate(_ endpoints: Int, _ capacity: ZoneCapacity) -> Result<[String: Allocation], Refusal> {
        guard let shares = capacity.shares else {
            return .failure(
                Refusal(
                    why: "Insufficient Node information: allocatable CPU or zone not specified on one or more nodes"))
        }
        let numbers = "(\(endpoints) endpoints, \(shares.count) zones)"
        if shares.count > endpoints { return .failure(Refusal(why: "Insufficient number of endpoints \(numbers)")) }
        var allocations: [String: Allocation] = [:]
        for (zone, share) in shares {
            let desired = share * Double(endpoints)
            let minimum = Int((desired / (1 + ZoneCapacity.overload)).rounded(.up))
            allocations[zone] = Allocation(minimum: minimum, maximum: 0, desired: max(desired, Double(minimum)))
        }
        let minima = allocations.values.reduce(0) { $0 + $1.minimum }
        if minima > endpoints {
            return .failure(
                Refusal(
                    why: "Unable to allocate minimum required endpoints to each zone without exceeding overload "
                        + "threshold \(numbers)"))
        }
        let spare = endpoints - minima
        allocations = allocations.mapValues {
            Allocation(minimum: $0.minimum, maximum: $0.minimum + spare, desired: $0.desired)
        }
        return .success(allocations)
    }

    /// The hints of a slice by zone, or nil if the slice cannot stay as it is.
    private static func fittingHints(
        _ slice: Value, _ held: [String: Int], _ allocations: [String: Allocation]
    ) -> [String: Int]? {
        var counts: [String: Int] = [:]
        for endpoint in slice.items("endpoints") where endpoint.flag("conditions", "ready") {
            let zones = endpoint.items("hints", "forZones").map { $0.text("name") }
            if zones.isEmpty { return nil }
            for zone in zones {
                if allocations[zone] == nil { return nil }
                counts[zone, default: 0] += 1
            }
        }
        let fits = counts.allSatisfy { $0.value + held[$0.key, default: 0] <= allocations[$0.key]?.maximum ?? 0 }
        return fits ? counts : nil
    }

    private static func redistribute(
        _ creates: inout [Value], _ updates: inout [Value], _ held: inout [String: Int],
        _ allocations: [String: Allocation]
    ) {
        var (giving, receiving) = transfers(held, allocations)
        change(&creates, &updates) { endpoint in
            let zone = endpoint.text("zone")
            guard endpoint.flag("conditions", "ready"), giving[zone, default: 0] > 0,
                let receiver = receiving.filter({ $0.value > 0 }).keys.min()
            else { return }
            giving[zone, default: 0] -= 1
            receiving[receiver, default: 0] -= 1
            held[zone, default: 0] -= 1
            held[receiver, default: 0] += 1
            hint(&endpoint, receiver)
        }
    }

    /// How many endpoints zones give and receive, the greatest surplus to the greatest need first.
    private static func transfers(
        _ held: [String: Int], _ allocations: [String: Allocation]
    ) -> (giving: [String: Int], receiving: [String: Int]) {
        var surplus: [String: Double] = [:]
        var need: [String: Double] = [:]
        for (zone, allocation) in allocations {
            let difference = Double(held[zone, default: 0]) - allocation.desired
            if difference > 0 { surplus[zone] = difference }
            if difference < 0 { need[zone] = -difference }
        }
        var giving: [String: Int] = [:]
        var receiving: [String: Int] = [:]
        while let giver = most(surplus), let receiver = most(need) {
            let (rest, lack) = (surplus[giver] ?? 0, need[receiver] ?? 0)
            if (rest < 1 && lack < 1) || rest < 0.5 || lack < 0.5 { break }
            giving[giver, default: 0] += 1
            receiving[receiver, default: 0] += 1
            surplus[giver] = rest - 1
            need[receiver] = lack - 1
        }
        return (giving, receiving)
    }

    private static func most(_ zones: [String: Double]) -> String? {
        zones.max { $0.value == $1.value ? $0.key > $1.key : $0.value < $1.value }?.key
    }

    private static func remove(_ creates: inout [Value], _ updates: inout [Value], _ unchanged: [Value]) {
        let written = Set(updates.map(\.name))
        for slice in unchanged where !written.contains(slice.name) {
            if slice.items("endpoints").contains(where: { $0["hints"] != nil }) { updates.append(slice) }
        }
        change(&creates, &updates) { $0["hints"] = nil }
    }

    private static func change(_ creates: inout [Value], _ updates: inout [Value], _ body: (inout Value) -> Void) {
        func change(_ slice: inout Value) {
            var endpoints = slice.items("endpoints")
            if endpoints.isEmpty { return }
            for index in endpoints.indices { body(&endpoints[index]) }
            slice["endpoints"] = .array(endpoints)
        }
        for index in creates.indices { change(&creates[index]) }
        for index in updates.indices { change(&updates[index]) }
    }

    private static func hint(_ endpoint: inout Value, _ zone: String) {
        endpoint["hints"] = ["forZones": .array([["name": .string(zone)]])]
    }

    private static func readyCount(_ slice: Value) -> Int {
        slice.items("endpoints").count { $0.flag("conditions", "ready") }
    }
}
