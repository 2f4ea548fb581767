package import FairleadClient
import FairleadModel
import Synchronization

/// The resources that namespaces are emptied of and owners are followed through: the built-in ones, and the custom ones
/// that come and go while the program runs.
///
/// Whoever attaches is told of every resource with its informer, those that come later included. The informer of a
/// resource that goes is stopped.
package final class ManagedResources: Sendable {
    package typealias Attachment = @Sendable (ManagedResource, Informer) -> Void

    private struct State {
        var custom: [ManagedResource] = []
        /// Made once for each change: whoever asks often can tell by comparing that nothing has changed, at no cost.
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

    /// The objects of a resource; nil for one that has gone meanwhile. Never makes an informer: whoever still has the
    /// resource in hand would start one for what is not served any more, which never sees its first list.
    package func lister(_ resource: ManagedResource) -> Lister? { informers.existing(resource.resource)?.lister }

    /// The resource of a kind; nil where it is not known.
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

    /// Replaces the custom resources. Not to be called at the same time from two tasks.
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
