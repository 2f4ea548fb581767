import FairleadClient
import FairleadClientTesting
import FairleadModel
import Synchronization
import Testing

/// How controllers are declared, made, chosen and run.
@Suite(.timeLimit(.minutes(1)))
struct ControllerDescriptorTests {
    private struct Settings: Sendable {
        var seen: Sightings<String>
    }

    /// Looks at ConfigMaps, and at their namespaces when they go.
    private static let descriptor = ControllerDescriptor("test-controller", alias: "test", workers: 2) {
        (setup: ControllerSetup<String>, settings: Settings) in
        setup.watch(.configMaps) { [$0.name.description] }
        setup.watch(.secrets) { $0.isDeletion ? [$0.name.namespace] : [] }
        setup.begin { ["first"] }
        setup.runAlongside { settings.seen.see("beside") }
        return { key in
            settings.seen.see(key)
            return .done
        }
    }

    private func configMap(_ name: String) -> Value {
        ["kind": "ConfigMap", "metadata": ["name": .string(name), "namespace": "n"]]
    }

    @Test func changesBecomeKeysAndWorkBeginsWhenTheListsAreThere() async throws {
        let client = InMemoryClient()
        client.put(.configMaps, configMap("a"))
        client.put(.secrets, ["kind": "Secret", "metadata": ["name": "s", "namespace": "n"]])
        let informers = InformerSet(client: client)
        let seen = Sightings<String>()
        let context = ControllerContext(informers: informers, environment: .live)
        let controller = Self.descriptor.make(context, Settings(seen: seen))
        #expect(controller.name == "test-controller")
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await controller.run() }
            #expect(await seen.next(1) == ["beside"])
            #expect(controller.health.state == .waiting, "nobody has listed anything yet")
            group.addTask { await informers.run() }
            #expect(await Set(seen.next(2)) == ["first", "n/a"])
            try await client.delete(.secrets, namespace: "n", name: "s")
            #expect(await seen.next(1) == ["n"])
            group.cancelAll()
        }
        #expect(controller.health.state == .ended)
    }

    @Test func anotherModulesSettingsAndContextCanBePutAround() async {
        let client = InMemoryClient()
        let informers = InformerSet(client: client)
        let seen = Sightings<String>()
        let wrapped: ControllerDescriptor<Sightings<String>> = Self.descriptor.within { Settings(seen: $0) }
        #expect(wrapped.name == "test-controller" && wrapped.alias == "test")
        let controller = wrapped.make(ControllerContext(informers: informers, environment: .live), seen)
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await informers.run() }
            group.addTask { await controller.run() }
            #expect(await Set(seen.next(2)) == ["beside", "first"])
            group.cancelAll()
        }
    }

    @Test(arguments: [
        (flag: "*", on: ["a-controller", "b-controller"]),
        ("*,-a-controller", ["b-controller"]),
        (" -a , * ", ["b-controller"]),
        ("a-controller", ["a-controller"]),
        ("c-controller,*", ["a-controller", "b-controller", "c-controller"]),
        ("a-controller,-a-controller", ["a-controller"]),
        ("-a-controller,a-controller", []),
        ("", []),
    ])
    func theFlagChoosesAsKubeControllerManagersDoes(flag: String, on: [String]) throws {
        let known = ["a-controller", "b-controller", "c-controller"]
        let selection = try ControllerSelection(flag, known: known, aliases: ["a": "a-controller"])
        #expect(known.filter { selection.includes($0, isOnByDefault: $0 != "c-controller") } == on)
    }

    @Test func anUnknownNameIsRefusedWithThoseThatThereAre() {
        #expect {
            try ControllerSelection("*,-deploy", known: ["deployment-controller", "job-controller"])
        } throws: { error in
            "\(error)"
                == "\"deploy\" is not in the list of known controllers: deployment-controller, job-controller"
        }
    }
}
