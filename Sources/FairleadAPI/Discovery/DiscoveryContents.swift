import FairleadKinds
import FairleadModel
import FairleadSchema
import Synchronization

/// The current contents of the discovery and OpenAPI documents. They change only with the custom kinds; documents about
/// built-in kinds are kept when they do.
final class DiscoveryContents: Sendable {
    /// A consistent snapshot of all of it.
    struct Now: Sendable {
        let table: ResourceTable
        let discovery: DiscoveryDocuments
        let openAPI: OpenAPIDocuments
        /// For documents that include custom kinds.
        let cache = DocumentCache()
        /// For the others.
        let lasting: DocumentCache

        func cache(of document: String) -> DocumentCache { openAPI.isCustom(document) ? cache : lasting }
    }

    private struct Made {
        var identities: [CustomDefinition.State]
        var now: Now
    }

    private let kinds: KindRegistry
    private let version: String
    private let lasting = DocumentCache()
    private let made = Mutex<Made?>(nil)

    init(kinds: KindRegistry, version: String) {
        self.kinds = kinds
        self.version = version
    }

    var current: Now {
        let custom = kinds.custom
        let identities = custom.definitions.map(\.state)
        return made.withLock { made in
            if let made, made.identities == identities { return made.now }
            let table =
                custom.definitions.isEmpty
                ? kinds.resources : ResourceTable(kinds.resources.all + custom.resources)
            let now = Now(
                table: table, discovery: DiscoveryDocuments(table: table),
                openAPI: OpenAPIDocuments(table: kinds.resources, version: version, custom: custom.definitions),
                lasting: lasting)
            made = Made(identities: identities, now: now)
            return now
        }
    }
}
