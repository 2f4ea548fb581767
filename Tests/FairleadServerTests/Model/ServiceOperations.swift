import FairleadClient
import FairleadClientTesting
import FairleadModel
import FairleadRandomTesting

@testable import FairleadServer

/// Does random things to a cluster and to its model alike.
struct ServiceOperations {
    let fixture: ControlPlaneFixture
    var model: ServiceModel
    var random: SplitMix64
    /// What was done last, for the message of a failure.
    private(set) var log: [String] = []
    /// Answers that the model did not expect.
    private(set) var surprises: [String] = []
    private var nextAddress = 1

    private static let serviceNames = (0..<24).map { "s\($0)" }
    private static let podNames = (0..<30).map { "p\($0)" }
    private static let nodeNames = ["n1", "n2", "n3", "n4"]
    private static let apps = ["a", "b", "c"]

    init(fixture: ControlPlaneFixture, model: ServiceModel, seed: UInt64) {
        self.fixture = fixture
        self.model = model
        random = SplitMix64(seed: seed)
    }

    mutating func step() async {
        switch random.below(100) {
        case 0..<16: await createService()
        case 16..<24: await deleteService()
        case 24..<30: await changeType()
        case 30..<36: await changeService()
        case 36..<52: await createPod()
        case 52..<76: await changePod()
        case 76..<86: await deletePod()
        case 86..<90: await changeNode()
        case 90..<96: await changeEndpoints()
        default: await disturb()
        }
    }

    private mutating func note(_ text: String) {
        log.append(text)
        if log.count > 60 { log.removeFirst() }
    }

    /// Compares what happened with what the model says must happen.
    private mutating func attempt(
        _ what: String, succeeds: Bool, _ body: () async throws(APIStatus) -> Value
    ) async -> Value? {
        do throws(APIStatus) {
            let result = try await body()
            note(what)
            if !succeeds { surprises.append("\(what) was not refused") }
            return result
        } catch {
            note("\(what): \(error.code)")
            if succeeds { surprises.append("\(what) was refused: \(error.message)") }
            return nil
        }
    }

    // MARK: Services

    private mutating func createService() async {
        let name = random.pick(Self.serviceNames)
        if model.services[name] != nil { return }
        let type = random.pick(["ClusterIP", "ClusterIP", "NodePort", "LoadBalancer", "ExternalName"])
        var service = ServiceModel.Service(
            uid: "", type: type, app: random.chance(80) ? random.pick(Self.apps) : nil, ports: ports(), families: [])
        var spec: Object = ["type": .string(type), "ports": .array(service.ports.map(Self.value))]
        var isPossible = true
        if type == "ExternalName" {
            spec["externalName"] = "x.example.com"
        } else {
            if let app = service.app { spec["selector"] = ["app": .string(app)] }
            let policy = random.pick(["SingleStack", "SingleStack", "PreferDualStack", "RequireDualStack"])
            spec["ipFamilyPolicy"] = .string(policy)
            service.families = policy == "SingleStack" ? ["IPv4"] : ["IPv4", "IPv6"]
            if type == "ClusterIP", service.app != nil, random.chance(20) {
                service.isHeadless = true
                spec["clusterIP"] = "None"
            } else {
                let wanted = random.chance(25) ? "10.96.0.\(2 + random.below(12))" : nil
                if let wanted { spec["clusterIP"] = .string(wanted) }
                isPossible = model.canAllocate(wanted)
            }
        }
        if random.chance(20) {
            service.publishesNotReady = true
            spec["publishNotReadyAddresses"] = true
        }
        if type != "ExternalName", random.chance(25) {
            service.distribution = random.pick(["PreferSameZone", "PreferClose", "PreferSameNode"])
            spec["trafficDistribution"] = service.distribution.map { .string($0) }
        }
        if ["NodePort", "LoadBalancer"].contains(type) {
            let needsHealthCheck = type == "LoadBalancer" && random.chance(30)
            if needsHealthCheck { spec["externalTrafficPolicy"] = "Local" }
            let wanted = random.chance(25) ? model.nodePortRange.lowerBound + random.below(6) : nil
            if let wanted { spec.set(wanted, forFirstOf: "ports") }
            let count = service.ports.count + (needsHealthCheck ? 1 : 0)
            isPossible = isPossible && model.canAllocate(nodePorts: count, wanted: wanted)
        }
        let fixture = fixture
        // Endpoints of a namesake that are still there would be taken for hand-made ones.
        if service.app == nil {
            _ = await eventually { fixture.object(.endpoints, name, namespace: "default") == nil }
        }
        let made = await attempt("create \(type) \(name)", succeeds: isPossible) {
            () async throws(APIStatus) -> Value in
            try await fixture.createService(name, spec: .object(spec))
        }
        guard let made else { return }
        service.uid = made.uid
        take(made, &service)
        model.services[name] = service
    }

    private mutating func ports() -> [ServiceModel.Port] {
        let count = 1 + random.below(2)
        return (0..<count).map { index in
            let number = 80 + index
            let isNamed = random.chance(30)
            return ServiceModel.Port(
                name: count == 1 ? "" : "port-\(index)", number: number, targetName: isNamed ? "web" : nil,
                target: 8000 + random.below(2))
        }
    }

    private static func value(_ port: ServiceModel.Port) -> Value {
        var value: Object = ["port": .int(Int64(port.number)), "protocol": "TCP"]
        if !port.name.isEmpty { value["name"] = .string(port.name) }
        value["targetPort"] = port.targetName.map { .string($0) } ?? .int(Int64(port.target))
        return .object(value)
    }

    /// What the server chose.
    private func take(_ made: Value, _ service: inout ServiceModel.Service) {
        let spec = made["spec"] ?? .null
        service.addresses = spec.texts("clusterIPs").filter { $0 != "None" && !$0.isEmpty }
        service.nodePorts = spec.items("ports").compactMap { $0["nodePort"]?.int }.filter { $0 != 0 }.map(Int.init)
        if let check = spec["healthCheckNodePort"]?.int, check != 0 { service.nodePorts.append(Int(check)) }
    }

    private mutating func deleteService() async {
        guard let name = model.services.keys.sorted().randomElement(using: &random) else { return }
        let client = fixture.client
        _ = await attempt("delete service \(name)", succeeds: true) { () async throws(APIStatus) -> Value in
            try await client.delete(.services, namespace: "default", name: name)
            return .null
        }
        model.services[name] = nil
        // Hand-made Endpoints go with their Service, too.
        model.mirrors[name] = nil
    }

    private mutating func changeType() async {
        guard let name = model.services.keys.sorted().randomElement(using: &random), var service = model.services[name],
            !service.isHeadless, service.app != nil
        else { return }
        let type = random.pick(["ClusterIP", "NodePort", "LoadBalancer", "ExternalName"])
        if type == service.type || service.isAlias { return }
        let hasPorts = !service.nodePorts.isEmpty
        var spec: Object = ["type": .string(type)]
        var isPossible = true
        if type == "ExternalName" {
            spec["externalName"] = "x.example.com"
            spec["trafficDistribution"] = .null
        } else if type != "ClusterIP", !hasPorts {
            isPossible = model.canAllocate(nodePorts: service.ports.count, wanted: nil)
        }
        if type != "LoadBalancer", service.type == "LoadBalancer" { spec["externalTrafficPolicy"] = .null }
        let changed = await patch(name, .object(spec), "\(name) becomes \(type)", succeeds: isPossible)
        guard let changed else { return }
        service.type = type
        if type == "ExternalName" { service.distribution = nil }
        take(changed, &service)
        model.services[name] = service
    }

    private mutating func changeService() async {
        guard let name = model.services.keys.sorted().randomElement(using: &random), var service = model.services[name],
            !service.isAlias, service.app != nil
        else { return }
        switch random.below(3) {
        case 0:
            service.app = random.pick(Self.apps)
            let selector: Value = ["app": .string(service.app ?? "")]
            _ = await patch(name, ["selector": selector], "\(name) selects \(service.app ?? "")", succeeds: true)
        case 1:
            service.publishesNotReady.toggle()
            let value = Value.bool(service.publishesNotReady)
            _ = await patch(name, ["publishNotReadyAddresses": value], "\(name) publishes \(value)", succeeds: true)
        default:
            service.distribution = service.distribution == nil ? "PreferSameZone" : nil
            let value = service.distribution.map { Value.string($0) } ?? .null
            _ = await patch(name, ["trafficDistribution": value], "\(name) distributes \(value)", succeeds: true)
        }
        model.services[name] = service
    }

    private mutating func patch(_ name: String, _ spec: Value, _ what: String, succeeds: Bool) async -> Value? {
        let client = fixture.client
        return await attempt(what, succeeds: succeeds) { () async throws(APIStatus) -> Value in
            try await client.patch(.services, namespace: "default", name: name, ["spec": spec])
        }
    }

    // MARK: Pods and nodes

    private mutating func createPod() async {
        let name = random.pick(Self.podNames)
        if model.pods[name] != nil { return }
        var pod = ServiceModel.Pod(app: random.pick(Self.apps), node: random.pick(Self.nodeNames))
        var container: Object = ["name": "c", "image": "img:1"]
        if random.chance(60) {
            pod.webPort = 9000 + random.below(2)
            container["ports"] = .array([
                ["name": "web", "containerPort": .int(Int64(pod.webPort ?? 0)), "protocol": "TCP"]
            ])
        }
        let object: Value = [
            "apiVersion": "v1", "kind": "Pod",
            "metadata": ["name": .string(name), "labels": ["app": .string(pod.app)]],
            "spec": ["nodeName": .string(pod.node), "containers": .array([.object(container)])],
        ]
        let client = fixture.client
        let made = await attempt("create pod \(name) of \(pod.app)", succeeds: true) {
            () async throws(APIStatus) -> Value in
            try await client.create(.pods, namespace: "default", object)
        }
        if made != nil { model.pods[name] = pod }
    }

    /// Gives a pod its addresses, turns its readiness, or ends it.
    private mutating func changePod() async {
        guard let name = model.pods.keys.sorted().randomElement(using: &random), var pod = model.pods[name],
            !pod.isFinished
        else { return }
        if pod.addresses.isEmpty {
            pod.addresses = ["10.200.\(nextAddress / 250).\(nextAddress % 250 + 1)"]
            if random.chance(60) { pod.addresses.append("fd00:200::\(nextAddress)") }
            nextAddress += 1
            pod.isReady = random.chance(70)
        } else if pod.isReady, random.chance(10) {
            // Readiness goes with it: a phase alone is seen by nobody.
            pod.isFinished = true
            pod.isReady = false
        } else {
            pod.isReady.toggle()
        }
        let status: Value = [
            "phase": pod.isFinished ? "Succeeded" : "Running", "podIP": .string(pod.addresses[0]),
            "podIPs": .array(pod.addresses.map { ["ip": .string($0)] }),
            "conditions": .array([["type": "Ready", "status": pod.isReady ? "True" : "False"]]),
        ]
        let client = fixture.client
        let what = "pod \(name) \(pod.isFinished ? "finishes" : "ready \(pod.isReady)")"
        let changed = await attempt(what, succeeds: true) { () async throws(APIStatus) -> Value in
            try await client.patch(
                .pods, namespace: "default", name: name, ["status": status], subresource: "status")
        }
        if changed != nil { model.pods[name] = pod }
    }

    private mutating func deletePod() async {
        guard let name = model.pods.keys.sorted().randomElement(using: &random), let pod = model.pods[name] else {
            return
        }
        // What has finished has nothing to end gracefully.
        let isForced = pod.isTerminating || pod.isFinished || random.chance(50)
        let client = fixture.client
        let what = isForced ? "pod \(name) goes" : "pod \(name) terminates"
        _ = await attempt(what, succeeds: true) { () async throws(APIStatus) -> Value in
            try await client.delete(
                .pods, namespace: "default", name: name,
                options: DeleteOptions(gracePeriodSeconds: isForced ? 0 : 3600))
            return .null
        }
        if isForced { model.pods[name] = nil } else { model.pods[name]?.isTerminating = true }
    }

    private mutating func changeNode() async {
        let name = random.pick(Self.nodeNames)
        let client = fixture.client
        if model.nodes[name] != nil {
            model.nodes[name] = nil
            _ = await attempt("node \(name) goes", succeeds: true) { () async throws(APIStatus) -> Value in
                try await client.delete(.nodes, namespace: "", name: name)
                return .null
            }
            return
        }
        let zone = random.pick(["", "zone-a", "zone-b"])
        var metadata: Object = ["name": .string(name)]
        if !zone.isEmpty { metadata["labels"] = ["topology.kubernetes.io/zone": .string(zone)] }
        let node: Value = ["apiVersion": "v1", "kind": "Node", "metadata": .object(metadata)]
        _ = await attempt("node \(name) comes to \(zone)", succeeds: true) { () async throws(APIStatus) -> Value in
            try await client.create(.nodes, namespace: "", node)
        }
        model.nodes[name] = zone
    }

    // MARK: Hand-made endpoints

    private mutating func changeEndpoints() async {
        let names = model.services.filter { $0.value.app == nil && !$0.value.isAlias }.keys.sorted()
        guard let name = names.randomElement(using: &random) else { return }
        let client = fixture.client
        if model.mirrors[name] != nil, random.chance(30) {
            model.mirrors[name] = nil
            _ = await attempt("endpoints \(name) go", succeeds: true) { () async throws(APIStatus) -> Value in
                try await client.delete(.endpoints, namespace: "default", name: name)
                return .null
            }
            return
        }
        let addresses = (0..<(1 + random.below(130))).map { "192.168.\(random.below(4)).\($0 + 1)" }
        let cut = random.below(addresses.count)
        let mirror = ServiceModel.Mirror(
            ready: Array(addresses[cut...]), notReady: Array(addresses[..<cut]), port: 7000 + random.below(2))
        var subset: Object = [
            "addresses": .array(mirror.ready.map { ["ip": .string($0)] }),
            "ports": .array([["port": .int(Int64(mirror.port)), "protocol": "TCP"]]),
        ]
        if !mirror.notReady.isEmpty {
            subset["notReadyAddresses"] = .array(mirror.notReady.map { ["ip": .string($0)] })
        }
        let endpoints: Value = [
            "apiVersion": "v1", "kind": "Endpoints", "metadata": ["name": .string(name), "namespace": "default"],
            "subsets": .array([.object(subset)]),
        ]
        let isThere = model.mirrors[name] != nil
        let made = await attempt("endpoints \(name)", succeeds: true) { () async throws(APIStatus) -> Value in
            isThere
                ? try await client.update(.endpoints, endpoints)
                : try await client.create(.endpoints, namespace: "default", endpoints)
        }
        if made != nil { model.mirrors[name] = mirror }
    }

    /// Somebody deletes or changes a slice, or a claim: it comes back as it was.
    private mutating func disturb() async {
        let client = fixture.client
        if random.chance(30),
            let address = model.services.values.flatMap(\.addresses).sorted().randomElement(using: &random)
        {
            _ = await attempt("claim \(address) goes", succeeds: true) { () async throws(APIStatus) -> Value in
                try await client.delete(.ipAddresses, namespace: "", name: address)
                return .null
            }
            // Until it is back, anybody could have the address.
            let fixture = fixture
            let isBack = await eventually { fixture.object(.ipAddresses, address) != nil }
            if !isBack { surprises.append("claim \(address) did not come back") }
            return
        }
        let slices = fixture.objects(.endpointSlices, namespace: "default").filter { slice in
            let service = model.services[EndpointSliceView(slice).serviceName]
            return service.map { !$0.isAlias } ?? false
        }
        guard let slice = slices.randomElement(using: &random) else { return }
        note("slice \(slice.name) is disturbed")
        do throws(APIStatus) {
            if random.chance(50) {
                try await client.delete(.endpointSlices, namespace: "default", name: slice.name)
            } else {
                try await client.patch(
                    .endpointSlices, namespace: "default", name: slice.name, ["endpoints": .array([])])
            }
        } catch { note("slice \(slice.name): \(error.code)") }
    }
}

extension Object {
    /// Sets the node port of the first port.
    fileprivate mutating func set(_ nodePort: Int, forFirstOf field: String) {
        guard var ports = self[field]?.array, !ports.isEmpty else { return }
        ports[0]["nodePort"] = .int(Int64(nodePort))
        self[field] = .array(ports)
    }
}
