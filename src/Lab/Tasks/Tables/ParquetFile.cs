using Parquet;
using Parquet.Meta;
using Parquet.Schema;

namespace Heartwood.Lab.Tasks.Tables;

/// <summary>
/// An open Parquet file whose claims were checked before anything is read by them: a footer or a page that claims more than its
/// bytes could hold would else cost the memory that it claims. The layout is that of the Parquet format's Thrift definition
/// (github.com/apache/parquet-format), in Thrift's compact protocol.
/// </summary>
internal sealed class ParquetFile : IDisposable
{
    const int MostLevels = 48, RowsForNothing = 1_000_000, RowsPerByte = 1000, BytesForNothing = 64 << 20, BytesPerByte = 2000;

    readonly byte[] bytes;

    /// <summary>The library's reader of the file.</summary>
    public ParquetReader Reader { get; }

    /// <summary>Opens a file.</summary>
    /// <exception cref="InvalidDataException">the file is cut off, or its footer claims what it does not hold</exception>
    public ParquetFile(byte[] bytes)
    {
        this.bytes = bytes;
        if (bytes.Length < 12 || !bytes.AsSpan().EndsWith("PAR1"u8)) throw new InvalidDataException("no end of one: it is cut off.");
        uint footer = BitConverter.ToUInt32(bytes, bytes.Length - 8);
        if (footer > bytes.Length - 12)
            throw new InvalidDataException($"a footer of {footer:N0} bytes in a file of {bytes.Length:N0}: it is damaged.");
        int at = bytes.Length - 8 - (int)footer;
        Skip(ref at, bytes.Length - 8, StructType, 0);
        Reader = ParquetReader.CreateAsync(new MemoryStream(bytes, writable: false)).GetAwaiter().GetResult();
        RefuseDeep(Reader.Metadata?.Schema ?? []);
        (Fields, Groups) = ([.. Reader.Schema.Fields], Reader.RowGroupCount);
    }

    /// <summary>The columns.</summary>
    public Field[] Fields { get; }

    /// <summary>How many groups of rows there are.</summary>
    public int Groups { get; }

    // the library descends into columns of columns of columns
    static void RefuseDeep(List<SchemaElement> schema)
    {
        Stack<int> left = new();
        foreach (SchemaElement element in schema)
        {
            while (left.TryPeek(out int open) && open == 0) left.Pop();
            if (left.TryPop(out int siblings)) left.Push(siblings - 1);
            if (element.NumChildren is > 0 and int children) left.Push(children);
            if (left.Count > MostLevels) throw new InvalidDataException("columns within columns without end: it is damaged.");
        }
    }

    /// <summary>How many rows a group has.</summary>
    /// <exception cref="InvalidDataException">more than its bytes could hold</exception>
    public int RowsOf(ParquetRowGroupReader group) =>
        group.RowCount is >= 0 and var rows && rows <= Math.Min(int.MaxValue / 2, RowsForNothing + (long)RowsPerByte * bytes.Length)
        ? (int)rows : throw new InvalidDataException($"{group.RowCount:N0} rows in {bytes.Length:N0} bytes: it is damaged.");

    /// <summary>Checks the pages of a column.</summary>
    /// <exception cref="InvalidDataException">they claim more than is there</exception>
    public void Check(ParquetRowGroupReader group, DataField field)
    {
        if (group.GetMetadata(field)?.MetaData is not { } chunk)
            throw new InvalidDataException($"no column '{field.Name}' in a group of rows: it is damaged.");
        if (chunk.NumValues != group.RowCount)
            throw new InvalidDataException($"{chunk.NumValues:N0} values in column '{field.Name}' "
                + $"of {group.RowCount:N0} rows: it is damaged.");
        long start = chunk.DictionaryPageOffset is > 0 and long dictionary
            ? Math.Min(dictionary, chunk.DataPageOffset) : chunk.DataPageOffset;
        if (start < 4 || chunk.TotalCompressedSize < 0 || start + chunk.TotalCompressedSize > bytes.Length - 8)
            throw new InvalidDataException($"column '{field.Name}' outside the file: it is damaged.");
        int at = (int)start, end = (int)(start + chunk.TotalCompressedSize);
        for (long values = 0; at < end && values < chunk.NumValues;)
        {
            Page page = PageAt(ref at, end);
            if (page.Stored < 0 || page.Stored > end - at
                || page.Unpacked < 0 || page.Unpacked > BytesForNothing + (long)BytesPerByte * page.Stored
                || page.Values < 0 || page.Values > chunk.NumValues + BytesForNothing / 8)
                throw new InvalidDataException($"a page of column '{field.Name}' that claims more than is there: it is damaged.");
            at += (int)page.Stored;
            values += page.Data ? page.Values : 0;
            if (at >= end && values < chunk.NumValues)
                throw new InvalidDataException($"{values:N0} of {chunk.NumValues:N0} values "
                    + $"in the pages of column '{field.Name}': it is damaged.");
        }
    }

    /// <inheritdoc/>
    public void Dispose() => Reader.DisposeAsync().AsTask().GetAwaiter().GetResult();

    // ---- Thrift's compact protocol

    const int BoolType = 2, ByteType = 3, DoubleType = 7, BinaryType = 8, ListType = 9, SetType = 10, MapType = 11, StructType = 12;

    // type (1), unpacked size (2), stored size (3); of a data page (5), a dictionary (7) or a data page's second form (8) the number of
    // values (1)
    readonly record struct Page(long Unpacked, long Stored, long Values, bool Data);

    Page PageAt(ref int at, int end)
    {
        Page page = default;
        for (int id = 0; Field(ref at, end, ref id, out int type);)
            if (type is > ByteType and < DoubleType && id is 2 or 3)
                page = id == 2 ? page with { Unpacked = Number(ref at, end) } : page with { Stored = Number(ref at, end) };
            else if (type == StructType && id is 5 or 7 or 8)
            {
                page = page with { Data = id != 7 };
                for (int inner = 0; Field(ref at, end, ref inner, out int own);)
                    if (inner == 1 && own is > ByteType and < DoubleType) page = page with { Values = Number(ref at, end) };
                    else Skip(ref at, end, own, 1);
            }
            else Skip(ref at, end, type, 0);
        return page;
    }

    bool Field(ref int at, int end, ref int id, out int type)
    {
        int header = Next(ref at, end);
        type = header & 15;
        if (header == 0) return false;
        if (type is 0 or > StructType) throw new InvalidDataException($"an unknown kind of field ({type}) in its footer: it is damaged.");
        id = header >> 4 is > 0 and int step ? id + step : (int)Number(ref at, end);
        return true;
    }

    void Skip(ref int at, int end, int type, int level)
    {
        if (level > MostLevels) throw new InvalidDataException("levels upon levels in its footer: it is damaged.");
        switch (type)
        {
            case 1 or BoolType: return;
            case ByteType: Take(ref at, end, 1); return;
            case > ByteType and < DoubleType: Varint(ref at, end); return;
            case DoubleType: Take(ref at, end, 8); return;
            case BinaryType: Take(ref at, end, Varint(ref at, end)); return;
            case ListType or SetType:
                int header = Next(ref at, end), of = header & 15;
                ulong count = header >> 4 == 15 ? Varint(ref at, end) : (ulong)(header >> 4);
                if (count > (ulong)(end - at)) throw Short;
                for (ulong i = 0; i < count; i++) Element(ref at, end, of, level);
                return;
            case MapType:
                ulong pairs = Varint(ref at, end);
                if (pairs > (ulong)(end - at)) throw Short;
                int kinds = pairs == 0 ? 0 : Next(ref at, end);
                for (ulong i = 0; i < pairs; i++)
                {
                    Element(ref at, end, kinds >> 4, level);
                    Element(ref at, end, kinds & 15, level);
                }
                return;
            case StructType:
                for (int id = 0; Field(ref at, end, ref id, out int own);) Skip(ref at, end, own, level + 1);
                return;
            default: throw new InvalidDataException($"an unknown kind of field ({type}) in its footer: it is damaged.");
        }
    }

    // in a list a truth value takes a byte
    void Element(ref int at, int end, int type, int level)
    {
        if (type is 1 or BoolType) Take(ref at, end, 1);
        else Skip(ref at, end, type, level + 1);
    }

    long Number(ref int at, int end) => Varint(ref at, end) is var bits ? (long)(bits >> 1) ^ -(long)(bits & 1) : 0;

    ulong Varint(ref int at, int end)
    {
        ulong value = 0;
        for (int shift = 0; shift < 64; shift += 7)
        {
            int next = Next(ref at, end);
            value |= (ulong)(next & 127) << shift;
            if (next < 128) return value;
        }
        throw Short;
    }

    int Next(ref int at, int end) => at < end ? bytes[at++] : throw Short;

    static void Take(ref int at, int end, ulong count) => at = count <= (ulong)(end - at) ? at + (int)count : throw Short;

    static InvalidDataException Short => new("less than it claims to hold: it is damaged.");
}
