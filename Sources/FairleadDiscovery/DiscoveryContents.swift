import FairleadKinds
import FairleadModel
import FairleadSchema
import Synchronization

/// The current contents of the discovery and OpenAPI documents. They change only with the custom kinds and
/// what other servers serve; documents about
/// built-in kinds are kept when they do.
final class DiscoveryContents: Sendable {
    /// A consistent snapshot of all of it.
    struct Now: Sendable {
        let table: ResourceTable
        let discovery: MergedDiscovery
        let openAPI: OpenAPIDocuments
        /// For documents that include custom kinds.
        let cache = DocumentCache()
        /// For the others.
        let lasting: DocumentCache

        func cache(of document: String) -> DocumentCache { openAPI.isCustom(document) ? cache : lasting }
    }

    private struct Made {
        var identities: [CustomDefinition.State]
        var remote: RemoteContents
        var now: Now
    }

    private let kinds: KindRegistry
    private let version: String
    private let remote: any RemoteGroups
    private let lasting = DocumentCache()
    private let made = Mutex<Made?>(nil)

    init(kinds: KindRegistry, version: String, remote: any RemoteGroups) {
        self.kinds = kinds
        self.version = version
        self.remote = remote
    }

    var current: Now {
        let custom = kinds.custom
        let identities = custom.definitions.map(\.state)
        var others = remote.contents()
        // Priorities matter only between this server's versions and others'.
        if others.versions.isEmpty { others = RemoteContents() }
        return made.withLock { made in
            if let made, made.identities == identities, made.remote == others { return made.now }
            let table =
                custom.definitions.isEmpty
                ? kinds.resources : ResourceTable(kinds.resources.all + custom.resources)
            let now = Now(
                table: table, discovery: MergedDiscovery(local: DiscoveryDocuments(table: table), remote: others),
                openAPI: OpenAPIDocuments(table: kinds.resources, version: version, custom: custom.definitions),
                lasting: lasting)
            made = Made(identities: identities, remote: others, now: now)
            return now
        }
    }
}
