import FairleadModel

/// Devices, and claims to them: stored and shown, but not allocated.
extension Kind {
    static let deviceClass = Kind(
        "DeviceClass", group: "resource.k8s.io", resource: "deviceclasses", isNamespaced: false,
        package: "resource.v1", storageHash: "Yk2PTc1Ybxk=", strategy: GenerationStrategy(),
        columns: TablePrinter([.name, .age]) { [$0.name, $0.age] })

    static let resourceClaim = Kind(
        "ResourceClaim", group: "resource.k8s.io", resource: "resourceclaims",
        subresources: [.status("ResourceClaim")], package: "resource.v1", storageHash: "wgAZaHcZxUg=",
        strategy: ResourceClaimStrategy(),
        columns: TablePrinter([.name, TableColumn("State"), .age]) { subject in
            let status = subject["status"] ?? .null
            var states: [String] = subject.object.deletionTimestamp == nil ? [] : ["deleted"]
            if status["allocation"] == nil {
                if subject.object.deletionTimestamp == nil { states.append("pending") }
            } else {
                states.append("allocated")
                if !(status["reservedFor"]?.array ?? []).isEmpty { states.append("reserved") }
            }
            return [subject.name, .string(states.joined(separator: ",")), subject.age]
        })

    static let resourceClaimTemplate = Kind(
        "ResourceClaimTemplate", group: "resource.k8s.io", resource: "resourceclaimtemplates",
        package: "resource.v1", storageHash: "TuzjC49aUfM=",
        columns: TablePrinter([.name, .age]) { [$0.name, $0.age] })

    static let resourceSlice = Kind(
        "ResourceSlice", group: "resource.k8s.io", resource: "resourceslices", isNamespaced: false,
        package: "resource.v1", storageHash: "KsC072WgaEY=", strategy: ResourceSliceStrategy(),
        columns: TablePrinter([
            .name, TableColumn("Node"), TableColumn("Driver"), TableColumn("Pool"), .age,
        ]) { subject in
            [
                subject.name, subject.text("spec", "nodeName", or: "<unset>"), subject.text("spec", "driver"),
                subject.text("spec", "pool", "name"), subject.age,
            ]
        })
}

/// A kind whose generation counts changes to its spec, without other rules.
struct GenerationStrategy: ResourceStrategy {
    let generationFields = ["spec"]
}

struct ResourceClaimStrategy: ResourceStrategy {
    func prepareForCreate(_ object: inout Value, _ context: StrategyContext) { object["status"] = [:] }
}

struct ResourceSliceStrategy: ResourceStrategy {
    let generationFields = ["spec"]

    func selectableFields(of object: Value) -> [String: String] {
        [
            "spec.nodeName": object.at("spec", "nodeName")?.string ?? "",
            "spec.driver": object.at("spec", "driver")?.string ?? "",
        ]
    }
    var selectableFieldNames: [String] { ["spec.nodeName", "spec.driver"] }
}
