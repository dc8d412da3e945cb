using System.Text.Json;
using System.Text.Json.Nodes;
using Heartwood.Lab.Evaluation;
using Heartwood.Lab.Exports;
using Heartwood.Lab.Json;
using Heartwood.Lab.Models;
using Heartwood.Lab.Runs;
using Heartwood.Lab.Subnetworks;

namespace Heartwood.Lab.Questions;

/// <summary>
/// Writes and reads <c>result.json</c>: <c>{ manifest, failures, candidates, exports, questions: { NAME: { version, facts } } }</c>,
/// camelCase, indented, numbers that are not finite as null. Failures, candidates and exports follow from the questions' facts, and are
/// made of them again when a file is read. A question that was left out with a reason has <c>leftOut</c> instead of <c>facts</c>. The
/// published schema is <c>docs/result.schema.json</c>.
/// </summary>
public static class ResultJson
{
    /// <summary>A result as the text of <c>result.json</c>, ending in a line feed.</summary>
    public static string Write(Result result)
    {
        JsonObject questions = [];
        foreach (Answer answer in result.Answers)
        {
            JsonObject entry = new() { ["version"] = answer.Question.Version };
            if (answer.LeftOut is { } why) entry["leftOut"] = why;
            else entry["facts"] = JsonSerializer.SerializeToNode(answer.Facts, answer.Question.FactsType, JsonWriting.Published);
            questions[answer.Question.Name] = entry;
        }
        Findings findings = new(result);
        JsonObject file = new()
        {
            ["manifest"] = JsonSerializer.SerializeToNode(result.Manifest, JsonWriting.Published),
            ["failures"] = JsonSerializer.SerializeToNode(findings.Failed, JsonWriting.Published),
            ["candidates"] = JsonSerializer.SerializeToNode(findings.Candidates, JsonWriting.Published),
            ["exports"] = JsonSerializer.SerializeToNode(findings.Exports, JsonWriting.Published),
            ["questions"] = questions,
        };
        return file.ToJsonString(JsonWriting.Published) + "\n";
    }

    /// <summary>Reads the text of a <c>result.json</c>.</summary>
    /// <param name="json">the whole file</param>
    /// <param name="questions">the questions that may stand in it</param>
    /// <param name="kinds">the kinds of part that its maps may show; null for those that Heartwood comes with</param>
    /// <exception cref="InvalidDataException">the text is no result; the message says where and what to do</exception>
    public static Result Read(string json, IReadOnlyList<IQuestion> questions, IReadOnlyList<PartKind>? kinds = null)
    {
        try
        {
            ResultFile file = JsonSerializer.Deserialize<ResultFile>(json, JsonWriting.Published)
                ?? throw new JsonException("The file holds 'null'.");
            return new(file.Manifest, [.. file.Questions.Select(entry => AnswerIn(entry.Key, entry.Value, questions))])
            { Kinds = kinds ?? PartKinds.Usual };
        }
        catch (JsonException e)
        {
            throw new InvalidDataException($"Expected the result.json of this version of Heartwood, found something else{Place(e)}: "
                + $"{e.Message.Split(" Path:")[0]} Run the command that made it again.", e);
        }
    }

    static Answer AnswerIn(string name, EntryInFile entry, IReadOnlyList<IQuestion> questions)
    {
        IQuestion question = questions.FirstOrDefault(q => q.Name == name)
            ?? throw new JsonException($"It answers the question '{name}', which is none of "
                + $"{string.Join(", ", questions.Select(q => q.Name))}.");
        if (entry.Version != question.Version)
            throw new JsonException($"Its answer to '{name}' is version {entry.Version}, this Heartwood reads version {question.Version}.");
        if (entry.LeftOut is { } why) return new(question, null, why);
        try
        {
            object? facts = entry.Facts is { } element
                ? JsonSerializer.Deserialize(element, question.FactsType, JsonWriting.Published) : null;
            return new(question, facts ?? throw new JsonException("It has no facts."), null);
        }
        catch (JsonException e)
        {
            throw new JsonException($"The facts of '{name}'{(e.Path is { } path ? $" at {path}" : "")}: {e.Message.Split(" Path:")[0]}", e);
        }
    }

    sealed record ResultFile(
        Manifest Manifest, IReadOnlyList<Failure> Failures, IReadOnlyList<Candidate> Candidates, IReadOnlyList<ExportFacts> Exports,
        Dictionary<string, EntryInFile> Questions);

    sealed record EntryInFile(int Version, JsonElement? Facts = null, string? LeftOut = null);

    static string Place(JsonException e) => e.LineNumber is { } line ? $" at {e.Path ?? "$"}, line {line + 1}" : "";
}
