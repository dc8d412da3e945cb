using System.Text.Json;
using Heartwood.Checks;

const string Usage = "Usage: heartwood-checks onnx QUESTION.json MODEL.onnx [ANOTHER.onnx …]";
if (args is not ["onnx", var asked, .. { Length: > 0 } files])
{
    Console.Error.WriteLine(Usage);
    return 2;
}
try
{
    JsonSerializerOptions web = new(JsonSerializerDefaults.Web);
    Question question = JsonSerializer.Deserialize<Question>(File.ReadAllBytes(asked), web)
        ?? throw new InvalidDataException($"{asked}: expected a question, found null.");
    using Stream output = Console.OpenStandardOutput();
    JsonSerializer.Serialize(output, OnnxRun.Answer(files, question), web);
    return 0;
}
catch (Exception fault)
{
    Console.Error.WriteLine(fault.Message);
    return 1;
}
