using System.Text.Json;
using Heartwood.Checks;

const string Usage = "Usage: heartwood-checks onnx QUESTION.json MODEL.onnx [ANOTHER.onnx …]\n"
    + "       heartwood-checks llama QUESTION.json MODEL.gguf [ANOTHER.gguf …]";
JsonSerializerOptions web = new(JsonSerializerDefaults.Web);
try
{
    switch (args)
    {
        case ["onnx", var asked, .. { Length: > 0 } files]: Print(OnnxRun.Answer(files, Read<Question>(asked))); return 0;
        case ["llama", var asked, .. { Length: > 0 } files]: Print(LlamaRun.Answer(files, Read<LlamaQuestion>(asked))); return 0;
        default:
            Console.Error.WriteLine(Usage);
            return 2;
    }
}
catch (Exception fault)
{
    Console.Error.WriteLine(fault.GetBaseException().Message);
    return 1;
}

T Read<T>(string file) => JsonSerializer.Deserialize<T>(File.ReadAllBytes(file), web)
    ?? throw new InvalidDataException($"{file}: expected a question, found null.");

void Print<T>(T answers)
{
    using Stream output = Console.OpenStandardOutput();
    JsonSerializer.Serialize(output, answers, web);
}
