import FairleadContainers
import FairleadDNS
import FairleadModel

extension ClusterDNS {
    /// Answers what a simulated pod asks; nil if it would get no answer.
    @Sendable func answer(
        _ question: NameQuestion, _ server: NetworkAddress, _ client: IPAddress, _ overTCP: Bool
    ) async -> NameReply? {
        guard let name = DomainName(question.name), let type = RecordType(question.type) else {
            return NameReply(status: "FORMERR", answers: [])
        }
        var message = await ask(Question(name, type), from: client, over: overTCP ? .tcp : .udp)
        // As every resolver does with an answer that was too long for a datagram.
        if message?.header.isTruncated == true { message = await ask(Question(name, type), from: client, over: .tcp) }
        return message.map { message in
            NameReply(
                status: message.responseCode.description,
                answers: message.answers.map { record in
                    NameReply.Record(
                        name: record.name.description, type: record.type.description, seconds: record.ttl,
                        data: record.data.description)
                })
        }
    }
}
