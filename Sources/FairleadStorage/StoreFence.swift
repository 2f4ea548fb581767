/// Keeps the writes of a task, and of the tasks that it starts, from being carried out after somebody else has taken
/// over its work: in a shared store, each has this condition as well.
package enum StoreFence {
    @TaskLocal package static var condition: Transaction.Condition?
}
