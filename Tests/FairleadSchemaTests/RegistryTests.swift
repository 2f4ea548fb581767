import FairleadKinds
import FairleadModel
import Testing

@testable import FairleadSchema

@Suite struct RegistryTests {
    @Test func everyServedKindHasASchemaWithItsIdentity() throws {
        let types = try registry.get()
        for info in ResourceTable.builtIn.all {
            let type = try #require(types.type(named: info.typeName), "\(info.typeName)")
            #expect(type.kind == info.kind && type.group == info.gvr.group && type.version == info.gvr.version)
            #expect(types.hasKind(info.kind, apiVersion: info.apiVersion))
            if info.isStored { #expect(types.type(named: info.typeName + "List")?.kind == info.listKind) }
        }
    }

    @Test func schemaKnowsHowPatchesMerge() throws {
        let ports = try #require(try registry.get().type(named: "io.k8s.api.core.v1.ServiceSpec")?.field("ports"))
        #expect(ports.mergeKey == "port" && ports.patchStrategies == ["merge"])
        #expect(ports.listType == "map" && ports.listMapKeys == ["port", "protocol"])
        #expect(ports.shape.innermostType?.name == "io.k8s.api.core.v1.ServicePort" && ports.protoNumber == 1)
        let selector = try registry.get().type(named: "io.k8s.api.core.v1.ServiceSpec")?.field("selector")
        #expect(selector?.isAtomicMap == true)
        let strategy = try registry.get().type(named: "io.k8s.api.apps.v1.DeploymentSpec")?.field("strategy")
        #expect(strategy?.patchStrategies == ["retainKeys"])
    }

    @Test func protobufPartsWrittenInlineAreKnown() throws {
        let volume = try #require(try registry.get().type(named: "io.k8s.api.core.v1.Volume"))
        #expect(volume.protoInline.first?.number == 2)
        #expect(volume.protoInline.first?.fields["emptyDir"] == 2)
    }

    @Test func bothEventGroupsShareOneStore() {
        let table = ResourceTable.builtIn
        let core = table.resource(.events)
        let modern = table.resource(GroupVersionResource(group: "events.k8s.io", version: "v1", resource: "events"))
        #expect(core?.storage == modern?.storage && core?.storageVersionHash == modern?.storageVersionHash)
    }

    @Test func subresourcesAllowTheirVerbsOnly() {
        let pods = ResourceTable.builtIn.resource(.pods)
        #expect(pods?.subresource("log")?.verbs == ["get"])
        #expect(pods?.subresource("binding")?.verbs == ["create"])
        #expect(ResourceTable.builtIn.resource(.endpointSlices)?.storageVersionHash == "qgS0xkrxYAI=")
    }
}
