import FairleadModel

extension Kind {
    static let job = Kind(
        "Job", group: "batch", resource: "jobs", categories: ["all"], subresources: [.status("Job")],
        package: "batch.v1", storageHash: "mudhfqk/qZY=", strategy: JobStrategy(), columns: .jobs)
}
