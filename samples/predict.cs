#:project ../src/Lab/Lab.csproj

// Loads a classifier and asks it for labels.
//   dotnet run samples/predict.cs                      the embedded model
//   dotnet run samples/predict.cs FOLDER TEXT [PAIR]   a Hugging Face folder
using Heartwood.Lab.Tasks;

LoadedModel model = LoadedModel.Load(args.ElementAtOrDefault(0));
string text = args.ElementAtOrDefault(1) ?? "the doctor near the artist slept";
string? pair = args.Length > 1 ? args.ElementAtOrDefault(2) : "the artist slept";

Console.WriteLine($"{model.Name}: {model.Model.Family}, {model.Model.Layers.Count} layers");
foreach (Prediction prediction in model.Predict(text, pair))
    Console.WriteLine($"{prediction.Label,-20} {prediction.Probability:0.000}");
