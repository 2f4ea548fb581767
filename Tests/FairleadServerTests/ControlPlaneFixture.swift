import FairleadAPI
import FairleadClient
import FairleadClientTesting
import FairleadControllers
import FairleadKinds
import FairleadModel
import FairleadSchema
import FairleadStorage
import Testing

@testable import FairleadServer

/// The API and controllers of a cluster in this process, without HTTP and with nothing on disk.
struct ControlPlaneFixture {
    let api: API
    let client: LoopbackClient
    let bootstrap: Bootstrap
    let environment: Environment

    init(
        ranges: [String] = ["10.96.0.0/16"], nodePorts: ClosedRange<Int> = 30000...32767,
        environment: Environment = .live
    ) throws {
        let store = try Store.open(engine: MemoryEngine())
        api = API(
            store: store, types: try TypeRegistry.builtIn(), kinds: KindRegistry(),
            configuration: APIConfiguration(
                serviceClusterIPRanges: ranges.compactMap { CIDR($0) }, nodePortRange: nodePorts),
            environment: environment)
        client = LoopbackClient(api: api)
        bootstrap = Bootstrap(
            client: client, configuration: .init(serviceCIDRs: ranges, serverPort: 6443, advertiseAddress: "192.0.2.1"),
            environment: environment)
        self.environment = environment
    }

    /// The controller as the server makes it; a ServiceCIDR need not wait for its end.
    func make(
        _ descriptor: ControllerDescriptor<ControllerSettings>, _ informers: InformerSet,
        resources: [ManagedResource] = []
    ) -> any Controller {
        var settings = ControllerSettings(
            resources: ManagedResources(resources, informers: informers), bootstrap: bootstrap)
        settings.serviceCIDRGracePeriod = .zero
        return descriptor.make(ControllerContext(informers: informers, environment: environment), settings)
    }

    /// Runs the controllers that `make` gives while `body` works.
    func run(
        _ make: (InformerSet) -> [any Controller], _ body: () async throws -> Void
    ) async throws {
        try await bootstrap.run { what, refusal in Issue.record("\(what): \(refusal.message)") }
        // Admission of pods wants it; its controller need not run here.
        _ = try await client.create(
            .serviceAccounts, namespace: "default",
            ["apiVersion": "v1", "kind": "ServiceAccount", "metadata": ["name": "default"]])
        let informers = InformerSet(client: client)
        let controllers = make(informers)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await informers.run() }
            for controller in controllers { group.addTask { await controller.run() } }
            do {
                try await body()
            } catch {
                group.cancelAll()
                throw error
            }
            group.cancelAll()
        }
        await api.store.close()
    }

    func object(_ resource: GroupVersionResource, _ name: String, namespace: String = "") -> Value? {
        let key = ObjectKey(resource.groupResource, namespace: namespace, name: name)
        return api.store.current.object(key)?.value
    }

    func objects(_ resource: GroupVersionResource, namespace: String? = nil) -> [Value] {
        api.store.current.objects(resource.groupResource, namespace: namespace, after: nil).map(\.value)
    }

    @discardableResult
    func createService(_ name: String, spec: Value = ["ports": [["port": 80]]]) async throws(APIStatus) -> Value {
        try await client.create(
            .services, namespace: "default",
            ["apiVersion": "v1", "kind": "Service", "metadata": ["name": .string(name)], "spec": spec])
    }

    @discardableResult
    func createServiceCIDR(_ name: String, _ ranges: String...) async throws(APIStatus) -> Value {
        try await client.create(
            .serviceCIDRs, namespace: "",
            [
                "apiVersion": "networking.k8s.io/v1", "kind": "ServiceCIDR", "metadata": ["name": .string(name)],
                "spec": ["cidrs": .array(ranges.map { .string($0) })],
            ])
    }

    struct TimedOut: Error {}

    /// Fails the test if the condition never holds.
    func wait(_ condition: () -> Bool) async throws {
        guard await eventually(condition) else { throw TimedOut() }
    }
}
