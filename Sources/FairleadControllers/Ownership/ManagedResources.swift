package import FairleadClient
import FairleadModel
import Synchronization

/// The resources that the namespace controller empties and the garbage collector follows: the built-in ones, and the
/// custom ones that are added and removed while the program runs.
///
/// An attachment is called for every resource with its informer, including resources added later. The informer of a
/// removed resource is stopped.
package final class ManagedResources: Sendable {
    package typealias Attachment = @Sendable (ManagedResource, Informer) -> Void

    private struct State {
        var custom: [ManagedResource] = []
        /// Built once per change, so that frequent callers can cheaply check by comparison that nothing has changed.
        var all: [ManagedResource]
        var attachments: [Attachment] = []
    }

    private let informers: InformerSet
    private let builtIn: [ManagedResource]
    private let state: Mutex<State>

    package init(_ builtIn: [ManagedResource], informers: InformerSet) {
        self.builtIn = builtIn
        self.informers = informers
        state = Mutex(State(all: builtIn))
    }

    package var all: [ManagedResource] { state.withLock { $0.all } }

    /// The objects of a resource; nil if it has been removed in the meantime. Never creates an informer: a caller with
    /// a stale resource would start one for a resource that is no longer served, and whose first list never arrives.
    package func lister(_ resource: ManagedResource) -> Lister? { informers.existing(resource.resource)?.lister }

    /// The resource of a kind; nil if unknown.
    package func resource(group: String, kind: String) -> ManagedResource? {
        all.first { $0.resource.group == group && $0.kind == kind }
    }

    package func attach(_ attachment: @escaping Attachment) {
        let custom = state.withLock { state in
            state.attachments.append(attachment)
            return state.custom
        }
        for resource in builtIn + custom { attachment(resource, informers.informer(resource.resource)) }
    }

    /// Replaces the custom resources. Must not be called concurrently.
    package func setCustom(_ resources: [ManagedResource]) {
        let (gone, added, attachments) = state.withLock { state in
            let gone = state.custom.filter { !resources.contains($0) }
            let added = resources.filter { !state.custom.contains($0) }
            state.custom = resources
            state.all = builtIn + resources
            return (gone, added, state.attachments)
        }
        for resource in gone { informers.stop(resource.resource) }
        for resource in added {
            let informer = informers.informer(resource.resource)
            for attachment in attachments { attachment(resource, informer) }
        }
    }
}
