import FairleadClient
import FairleadModel

/// The writes that bring slices to their desired state.
struct SlicePlan {
    var creates: [Value] = []
    /// Whole objects with the resourceVersion on which the plan is based.
    var updates: [Value] = []
    var deletes: [StoredObject] = []
    /// What could not be done, as text for the event; the plan is carried out all the same.
    var problems: [String] = []

    var isEmpty: Bool { creates.isEmpty && updates.isEmpty && deletes.isEmpty }

    mutating func add(_ other: SlicePlan) {
        creates += other.creates
        updates += other.updates
        deletes += other.deletes
        problems += other.problems
    }

    /// Turns creations into updates of slices that would be deleted, where `mayReplace` allows it: one write, not two.
    mutating func reuseDeleted(_ mayReplace: (StoredObject) -> Bool) {
        var kept: [StoredObject] = []
        for slice in deletes {
            guard mayReplace(slice),
                let index = creates.lastIndex(where: { $0.text("addressType") == slice.value.text("addressType") })
            else {
                kept.append(slice)
                continue
            }
            var replacement = creates.remove(at: index)
            replacement.set(nil, at: "metadata", "generateName")
            for field in ["name", "generateName", "uid", "resourceVersion"] {
                replacement.set(slice.value.at("metadata", field), at: "metadata", field)
            }
            updates.append(replacement)
        }
        deletes = kept
    }
}

/// Executes a `SlicePlan`.
struct SliceWriter: Sendable {
    let client: any ObjectClient

    /// Does as much as it can and calls `wrote` for each write that succeeded. Throws the first error at the end.
    func execute(
        _ plan: SlicePlan, namespace: String, wrote: (WriteTracker.Write) -> Void
    ) async throws(APIStatus) {
        var failure: APIStatus?
        for slice in plan.creates {
            do throws(APIStatus) {
                let created = try await client.create(.endpointSlices, namespace: namespace, slice)
                wrote(WriteTracker.Write(name: created.name, revision: created.resourceVersion ?? 0))
            } catch { failure = failure ?? error }
        }
        for slice in plan.updates {
            do throws(APIStatus) {
                let updated = try await client.update(.endpointSlices, slice)
                // An update without effect causes no event to wait for.
                if updated.resourceVersion != slice.resourceVersion {
                    wrote(WriteTracker.Write(name: slice.name, revision: updated.resourceVersion ?? 0))
                }
            } catch { failure = failure ?? error }
        }
        for slice in plan.deletes {
            do throws(APIStatus) {
                try await client.delete(.endpointSlices, namespace: namespace, name: slice.key.name)
                wrote(WriteTracker.Write(name: slice.key.name, revision: nil))
            } catch { if error.code != 404 { failure = failure ?? error } }
        }
        if let failure { throw failure }
    }
}

/// A plan that was carried out only in part.
struct SliceProblems: Error, CustomStringConvertible {
    var description: String
}
