import FairleadModel

extension Kind {
    static let cronJob = Kind(
        "CronJob", group: "batch", resource: "cronjobs", shortNames: ["cj"], categories: ["all"],
        subresources: [.status("CronJob")], package: "batch.v1", storageHash: "sd5LIXh4Fjs=",
        strategy: CronJobStrategy(),
        columns: TablePrinter([
            .name, TableColumn("Schedule"), TableColumn("Timezone"), TableColumn("Suspend", type: "boolean"),
            .integer("Active"), TableColumn("Last Schedule"), .age, .containers, .images, .selector,
        ]) { subject in
            let suspend = subject["spec", "suspend"]?.bool.map { $0 ? "True" : "False" } ?? "<unset>"
            let last = subject["status", "lastScheduleTime"].map { subject.age(of: $0) } ?? "<none>"
            return [
                subject.name, subject.text("spec", "schedule"), subject.text("spec", "timeZone", or: "<none>"),
                .string(suspend), .int(Int64(subject["status", "active"]?.array?.count ?? 0)), .string(last),
                subject.age,
            ] + subject.containers("spec", "jobTemplate", "spec", "template", "spec")
                + [subject.selector("spec", "jobTemplate", "spec", "selector")]
        })
}
