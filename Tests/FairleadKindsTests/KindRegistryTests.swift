import FairleadKinds
import FairleadModel
import Testing

@Suite struct KindRegistryTests {
    /// A group version is built in as a whole: no other server answers for resources that it lacks.
    @Test(arguments: [
        ("apps", "v1", "deployments", true), ("apps", "v1", "foos", true), ("", "v1", "foos", true),
        ("apps", "v9", "deployments", false), ("example.com", "v1", "foos", false),
    ])
    func groupsThatAreBuiltIn(group: String, version: String, resource: String, isBuiltIn: Bool) {
        let place = GroupVersionResource(group: group, version: version, resource: resource)
        #expect(KindRegistry().isBuiltInGroup(of: place) == isBuiltIn)
    }
}
